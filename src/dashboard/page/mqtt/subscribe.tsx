import { useEffect, useState } from "preact/hooks";
import { topicFilterMistake } from "../../../protocol/mqtt/topic.ts";
import { listenToTraffic } from "../api/traffic.ts";
import { clock } from "../text/format.ts";
import { MessageDeduplicator, type ReceivedMessage } from "./received-messages.ts";

/** Shows the messages of a topic filter. It observes traffic and does not subscribe at the broker. */
export function Subscribe({ broker }: { broker: string }) {
  const [typed, setTyped] = useState("sister/#");
  const [filter, setFilter] = useState<string>();
  const { messages, isLive } = useMessages(broker, filter);
  const error = topicFilterMistake(typed);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (error === undefined) setFilter(filter === undefined ? typed : undefined);
  };
  const isOn = filter !== undefined;
  return (
    <section class="panel stack" aria-label="Subscribe">
      <form class="stack" onSubmit={submit}>
        <h2>Subscribe</h2>
        <div class="row-fields">
          <input
            aria-label="Topic filter"
            class="grow"
            value={typed}
            readOnly={isOn}
            aria-invalid={error !== undefined}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class={isOn ? "" : "primary"} disabled={error !== undefined}>
            {isOn ? "Stop" : "Listen"}
          </button>
        </div>
        {error !== undefined && <p class="error small">The filter {error}.</p>}
      </form>
      <ol class="heard" aria-live="off">
        {messages.map((message) => (
          <Message key={message.seq} message={message} />
        ))}
      </ol>
      {isOn && messages.length === 0 && (
        <p class="soft small">{isLive ? `Listening for ${filter} …` : "Connecting …"}</p>
      )}
    </section>
  );
}

function Message({ message }: { message: ReceivedMessage }) {
  return (
    <li>
      <span class="soft small">
        <time>{clock(message.time).slice(0, 8)}</time> <code>{message.topic}</code> qos {message.qos}
        {message.retain && " retained"}
      </span>
      <span class="payload">{message.payload}</span>
    </li>
  );
}

function useMessages(broker: string, filter: string | undefined) {
  const [messages, setMessages] = useState<readonly ReceivedMessage[]>([]);
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    if (filter === undefined) return;
    const deduplicator = new MessageDeduplicator();
    setMessages([]);
    let isScheduled = false;
    const render = () => {
      isScheduled = false;
      setMessages(deduplicator.messages);
    };
    return listenToTraffic(
      { service: broker, kind: "message", topic: filter, history: 0 },
      {
        traffic(event) {
          // Rendered at most once per frame.
          if (!deduplicator.add(event) || isScheduled) return;
          isScheduled = true;
          requestAnimationFrame(render);
        },
        lost: () => {},
        live: setLive,
      },
    );
  }, [broker, filter]);
  return { messages, isLive };
}
