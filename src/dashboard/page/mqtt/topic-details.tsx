import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../components/icons.tsx";
import { useMay } from "../state/me.ts";
import { usePoll } from "../state/requests.ts";
import { bytes, clockSeconds, duration, integer, short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import type { RetainedValue, SubscriptionInfo, TopicDetails, TopicPublisher } from "./broker-api.ts";
import { viewPath } from "./broker-api.ts";
import { DeleteRetained } from "./delete-retained.tsx";
import { decodePayload } from "./payload.ts";
import { PayloadView } from "./payload-view.tsx";
import { TopicChart } from "./topic-chart.tsx";
import { TopicValues } from "./topic-values.tsx";

const words = texts({
  en: {
    close: "Close the topic",
    messages: "messages",
    bytes: "bytes",
    rate: "now",
    perSecond: (count: string) => `${count}/s`,
    last: "Last value",
    lastRetained: "Last value, retained",
    retained: "Retained value",
    nothing: "Nothing has been published here since the broker started.",
    remove: "Delete",
    removeTitle: "Delete the retained message",
    qos: (qos: number) => `QoS ${qos}`,
    expires: (left: string) => `expires in ${left}`,
    publishers: "Who publishes",
    subscribers: "Who listens",
    nobodyPublishes: "Nobody since the broker started.",
    nobodyListens: "Nobody: what is published here reaches no one.",
    server: "this server",
    count: (messages: string, volume: string) => `${messages} · ${volume}`,
  },
  id: {
    close: "Tutup topic",
    messages: "pesan",
    bytes: "byte",
    rate: "kini",
    perSecond: (count) => `${count}/s`,
    last: "Nilai terakhir",
    lastRetained: "Nilai terakhir, retained",
    retained: "Nilai retained",
    nothing: "Belum ada yang di-publish di sini sejak broker berjalan.",
    remove: "Hapus",
    removeTitle: "Hapus pesan retained",
    qos: (qos) => `QoS ${qos}`,
    expires: (left) => `kedaluwarsa dalam ${left}`,
    publishers: "Publisher",
    subscribers: "Subscriber",
    nobodyPublishes: "Belum ada sejak broker berjalan.",
    nobodyListens: "Tidak ada: yang di-publish di sini tidak sampai kepada siapa pun.",
    server: "server ini",
    count: (messages, volume) => `${messages} · ${volume}`,
  },
});

interface TopicPanelProps {
  readonly broker: string;
  readonly topic: string;
  readonly onClose: () => void;
}

/** All that the broker knows of one topic. */
export function TopicPanel({ broker, topic, onClose }: TopicPanelProps) {
  const { data, error, again } = usePoll<TopicDetails>(viewPath(broker, "topic", { topic }));
  const panel = useRef<HTMLElement>(null);
  // On a phone the panel is above the list.
  useEffect(() => panel.current?.scrollIntoView({ block: "nearest" }), [topic]);
  return (
    <section class="panel topic-panel" aria-label={topic} ref={panel}>
      <header>
        <h2>
          <code>{topic}</code>
        </h2>
        <button type="button" class="icon" aria-label={words.close} title={words.close} onClick={onClose}>
          <Icon name="close" size={18} />
        </button>
      </header>
      {data === undefined ? (
        <p class={error === undefined ? "soft" : "error"}>{error ?? shared.asking}</p>
      ) : (
        <Details broker={broker} topic={topic} details={data} again={again} />
      )}
    </section>
  );
}

interface DetailsProps {
  readonly broker: string;
  readonly topic: string;
  readonly details: TopicDetails;
  readonly again: () => void;
}

function Details({ broker, topic, details, again }: DetailsProps) {
  const { values, publishers, subscribers, subscriberCount } = details;
  const payloads = useMemo(() => values.map(({ payload, size }) => decodePayload(payload, size)), [values]);
  return (
    <>
      <Figures details={details} />
      <TopicChart topic={topic} values={values} payloads={payloads} />
      <Now broker={broker} topic={topic} details={details} again={again} />
      <div class="parties">
        <Publishers publishers={publishers} />
        <Subscribers subscribers={subscribers} total={subscriberCount} />
      </div>
      <TopicValues values={values} payloads={payloads} />
    </>
  );
}

function Figures({ details }: { details: TopicDetails }) {
  const { count, bytes: volume, rate, byteRate } = details;
  return (
    <dl class="figures topic-figures">
      <div>
        <dt>{words.rate}</dt>
        <dd>
          {words.perSecond(short(rate))} <small>{words.perSecond(bytes(byteRate))}</small>
        </dd>
      </div>
      <div>
        <dt>{words.messages}</dt>
        <dd>{short(count)}</dd>
      </div>
      <div>
        <dt>{words.bytes}</dt>
        <dd>{bytes(volume)}</dd>
      </div>
    </dl>
  );
}

/** The last value and the retained one: once where they are the same. */
function Now({ broker, topic, details, again }: DetailsProps) {
  const { last, retained } = details;
  const [isAsking, setAsking] = useState(false);
  const isSame = last?.isRetained === true;
  return (
    <div class="now">
      {last === null ? (
        <p class="soft">{words.nothing}</p>
      ) : (
        <section>
          <div class="section-head">
            <h3>{isSame ? words.lastRetained : words.last}</h3>
            <span class="soft small">
              {clockSeconds(last.time)} · {words.qos(last.qos)} · {bytes(last.size)}
            </span>
            {isSame && <DeleteButton onClick={() => setAsking(true)} />}
          </div>
          <PayloadView value={last} label={words.last} />
        </section>
      )}
      {retained !== null && !isSame && (
        <section class="retained-now">
          <div class="section-head">
            <h3>
              <Icon name="pin" size={13} /> {words.retained}
            </h3>
            <span class="soft small">{retainedNote(retained)}</span>
            <DeleteButton onClick={() => setAsking(true)} />
          </div>
          <PayloadView value={retained} label={words.retained} />
        </section>
      )}
      {isAsking && (
        <DeleteRetained
          broker={broker}
          topic={topic}
          onClose={() => setAsking(false)}
          onDone={() => {
            setAsking(false);
            again();
          }}
        />
      )}
    </div>
  );
}

function retainedNote({ qos, size, expiresIn }: RetainedValue): string {
  const parts = [words.qos(qos), bytes(size)];
  return (expiresIn === null ? parts : [...parts, words.expires(duration(expiresIn))]).join(" · ");
}

function DeleteButton({ onClick }: { onClick: () => void }) {
  const mayOperate = useMay("operate");
  if (!mayOperate) return null;
  return (
    <button
      type="button"
      class="quiet"
      title={words.removeTitle}
      aria-label={words.removeTitle}
      onClick={onClick}
    >
      <Icon name="clear" size={15} /> {words.remove}
    </button>
  );
}

function Publishers({ publishers }: { publishers: readonly TopicPublisher[] }) {
  return (
    <section>
      <h3>{words.publishers}</h3>
      {publishers.length === 0 && <p class="soft small">{words.nobodyPublishes}</p>}
      <ul>
        {publishers.map(({ clientId, messages, bytes: volume }) => (
          <li key={clientId}>
            <span class="who">{clientId === null ? words.server : clientId || shared.anonymous}</span>
            <span class="soft small">{words.count(`${short(messages)}×`, bytes(volume))}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SubscribersProps {
  readonly subscribers: readonly SubscriptionInfo[];
  readonly total: number;
}

function Subscribers({ subscribers, total }: SubscribersProps) {
  return (
    <section>
      <h3>{words.subscribers}</h3>
      {total === 0 && <p class="soft small">{words.nobodyListens}</p>}
      <ul>
        {subscribers.map(({ clientId, filter, qos }) => (
          <li key={`${clientId}\n${filter}`}>
            <span class="who">{clientId || shared.anonymous}</span>
            <span class="soft small">
              <code>{filter}</code> · {words.qos(qos)}
            </span>
          </li>
        ))}
      </ul>
      {total > subscribers.length && (
        <p class="soft small">{shared.more(integer(total - subscribers.length))}</p>
      )}
    </section>
  );
}
