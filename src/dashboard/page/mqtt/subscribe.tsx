import { useEffect, useState } from "preact/hooks";
import { listenToTraffic } from "../api/traffic.ts";
import { clockSeconds } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { filterMistake } from "./filter-mistake.ts";
import { MessageDeduplicator, type ReceivedMessage } from "./received-messages.ts";

const words = texts({
  en: {
    title: "Subscribe",
    filter: "Topic filter",
    listen: "Listen",
    stop: "Stop",
    listening: (filter: string) => `Listening for ${filter} …`,
    connecting: "Connecting …",
    retained: "retained",
    heard: "Messages",
  },
  id: {
    title: "Subscribe",
    filter: "Topic filter",
    listen: "Dengarkan",
    stop: "Berhenti",
    listening: (filter) => `Mendengarkan ${filter} …`,
    connecting: "Menyambung …",
    retained: "retained",
    heard: "Pesan",
  },
});

/** Shows the messages of a topic filter. It observes traffic and does not subscribe at the broker. */
export function Subscribe({ broker }: { broker: string }) {
  const [typed, setTyped] = useState("sister/#");
  const [filter, setFilter] = useState<string>();
  const { messages, isLive } = useMessages(broker, filter);
  const error = filterMistake(typed);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (error === undefined) setFilter(filter === undefined ? typed : undefined);
  };
  const isOn = filter !== undefined;
  return (
    <section class="panel stack" aria-label={words.title}>
      <form class="stack heard-form" onSubmit={submit}>
        <h2>{words.title}</h2>
        <div class="row-fields">
          <input
            aria-label={words.filter}
            class="grow"
            value={typed}
            readOnly={isOn}
            aria-invalid={error !== undefined}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class={isOn ? "" : "primary"} disabled={error !== undefined}>
            {isOn ? words.stop : words.listen}
          </button>
        </div>
        {error !== undefined && <p class="error small">{error}</p>}
      </form>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol class="heard" aria-live="off" aria-label={words.heard} tabIndex={0}>
        {messages.map((message) => (
          <Message key={message.seq} message={message} />
        ))}
      </ol>
      {isOn && messages.length === 0 && (
        <p class="soft small">{isLive ? words.listening(filter) : words.connecting}</p>
      )}
    </section>
  );
}

function Message({ message }: { message: ReceivedMessage }) {
  return (
    <li>
      <span class="soft small">
        <time>{clockSeconds(message.time)}</time> <code>{message.topic}</code> qos {message.qos}
        {message.retain && ` ${words.retained}`}
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
