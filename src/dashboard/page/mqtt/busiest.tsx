import { useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { usePoll } from "../state/requests.ts";
import { bytes, short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { type TopView, viewPath } from "./broker-api.ts";
import { type Bar, type Measure, ranked } from "./ranking.ts";

const words = texts({
  en: {
    measure: "Measure",
    rate: "Messages",
    byteRate: "Bytes",
    topics: "Topics",
    publishers: "Publishers",
    emptyTitle: "It is quiet",
    empty: "Who publishes most, and where to, stands here while messages come.",
    perSecond: (count: string) => `${count}/s`,
  },
  id: {
    measure: "Ukuran",
    rate: "Pesan",
    byteRate: "Byte",
    topics: "Topic",
    publishers: "Publisher",
    emptyTitle: "Sedang sepi",
    empty: "Selagi pesan berdatangan, publisher tersibuk dan topic tujuannya tampil di sini.",
    perSecond: (count) => `${count}/s`,
  },
});

/** Who floods: the topics and the publishers with the most messages or bytes a second. */
export function Busiest({ broker, onPick }: { broker: string; onPick: (topic: string) => void }) {
  const [measure, setMeasure] = useState<Measure>("rate");
  const { data, error } = usePoll<TopView>(viewPath(broker, "top"));
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? shared.asking}</p>;
  if (data.topics.length === 0)
    return (
      <Empty icon="mqtt" title={words.emptyTitle}>
        <p>{words.empty}</p>
      </Empty>
    );
  return (
    <>
      <div class="list-tools">
        <fieldset class="segments" aria-label={words.measure}>
          {(["rate", "byteRate"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={measure === each} onClick={() => setMeasure(each)}>
              {words[each]}
            </button>
          ))}
        </fieldset>
      </div>
      <div class="busiest">
        <Bars
          title={words.topics}
          measure={measure}
          bars={ranked(data.topics, measure, ({ topic }) => topic)}
          onPick={onPick}
        />
        <Bars
          title={words.publishers}
          measure={measure}
          bars={ranked(data.publishers, measure, ({ clientId }) => clientId || shared.anonymous)}
        />
      </div>
    </>
  );
}

interface BarsProps {
  readonly title: string;
  readonly measure: Measure;
  readonly bars: readonly Bar[];
  readonly onPick?: (name: string) => void;
}

function Bars({ title, measure, bars, onPick }: BarsProps) {
  const most = Math.max(1e-9, ...bars.map(({ value }) => value));
  const format = measure === "rate" ? short : bytes;
  return (
    <section>
      <h3>{title}</h3>
      <ol class="bars">
        {bars.map(({ name, value }) => (
          <li key={name}>
            {onPick === undefined ? (
              <span class="who">{name}</span>
            ) : (
              <button type="button" class="link who" onClick={() => onPick(name)}>
                {name}
              </button>
            )}
            <span class="amount">{words.perSecond(format(value))}</span>
            {/* A meter and not a div with a width: the policy of the page allows no inline styles. */}
            <meter min={0} max={most} value={value} aria-label={name} />
          </li>
        ))}
      </ol>
    </section>
  );
}
