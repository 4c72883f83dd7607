import { useEffect, useState } from "preact/hooks";
import { topicFilterMistake } from "../../../protocol/mqtt/topic.ts";
import { listenToTraffic } from "../api/traffic.ts";
import { clock } from "../text/format.ts";
import { type Heard, Hearing } from "./received-messages.ts";

/** Messages as a subscriber hears them, without being one: the broker's own subscribers are as they were. */
export function Listen({ broker }: { broker: string }) {
  const [typed, setTyped] = useState("sister/#");
  const [filter, setFilter] = useState<string>();
  const { messages, isLive } = useHearing(broker, filter);
  const mistake = topicFilterMistake(typed);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (mistake === undefined) setFilter(filter === undefined ? typed : undefined);
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
            aria-invalid={mistake !== undefined}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class={isOn ? "" : "primary"} disabled={mistake !== undefined}>
            {isOn ? "Stop" : "Listen"}
          </button>
        </div>
        {mistake !== undefined && <p class="error small">The filter {mistake}.</p>}
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

function Message({ message }: { message: Heard }) {
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

function useHearing(broker: string, filter: string | undefined) {
  const [messages, setMessages] = useState<readonly Heard[]>([]);
  const [isLive, setLive] = useState(false);
  useEffect(() => {
    if (filter === undefined) return;
    const hearing = new Hearing();
    setMessages([]);
    let isDue = false;
    const draw = () => {
      isDue = false;
      setMessages(hearing.messages);
    };
    return listenToTraffic(
      { service: broker, kind: "message", topic: filter, history: 0 },
      {
        traffic(event) {
          // Any number of messages between two frames are drawn once.
          if (!hearing.add(event) || isDue) return;
          isDue = true;
          requestAnimationFrame(draw);
        },
        leftOut: () => {},
        live: setLive,
      },
    );
  }, [broker, filter]);
  return { messages, isLive };
}
