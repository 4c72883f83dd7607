import { useMemo } from "preact/hooks";
import { clockSeconds } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { TopicValue } from "./broker-api.ts";
import { type Change, differences } from "./difference.ts";
import type { Decoded } from "./payload.ts";

const words = texts({
  en: {
    title: "History",
    note: "Every message while this is open; before, the last one of each second.",
    more: (count: number) => `${count} messages`,
    retain: "retain",
    same: "unchanged",
    bytes: (size: number) => (size === 1 ? "one byte" : `${size} bytes`),
    absent: "none",
    left: (count: number) => (count === 1 ? "and one more change" : `and ${count} more changes`),
  },
  id: {
    title: "Riwayat",
    note: "Setiap pesan selama ini terbuka; sebelumnya, pesan terakhir dari setiap detik.",
    more: (count) => `${count} pesan`,
    retain: "retain",
    same: "tidak berubah",
    bytes: (size) => `${size} byte`,
    absent: "tidak ada",
    left: (count) => `dan ${count} perubahan lagi`,
  },
});

const maxRows = 60;
const maxChanges = 8;

interface TopicValuesProps {
  readonly values: readonly TopicValue[];
  /** The payloads of `values`. */
  readonly payloads: readonly Decoded[];
}

/** The last values of a topic, the newest first, each with what has changed. */
export function TopicValues({ values, payloads }: TopicValuesProps) {
  const rows = useMemo(
    () => values.map((value, index) => ({ value, now: payloads[index], before: payloads[index - 1] })),
    [values, payloads],
  );
  if (rows.length === 0) return null;
  return (
    <section class="topic-values">
      <div class="section-head">
        <h3>{words.title}</h3>
      </div>
      <p class="soft small">{words.note}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol tabIndex={0} aria-label={words.title}>
        {rows
          .slice(-maxRows)
          .reverse()
          .map(({ value, now, before }) => (
            <li key={`${value.time} ${value.payload.slice(0, 40)} ${value.count}`}>
              <time class="soft small">{clockSeconds(value.time)}</time>
              <span class="what">{now && <Value value={value} now={now} before={before} />}</span>
              <span class="soft small marks">
                {value.retain && <span>{words.retain}</span>}
                {value.count > 1 && <span>{words.more(value.count)}</span>}
              </span>
            </li>
          ))}
      </ol>
    </section>
  );
}

interface ValueProps {
  readonly value: TopicValue;
  readonly now: Decoded;
  readonly before: Decoded | undefined;
}

/** The whole value where there is none before it, or it is a short text; else what has changed. */
function Value({ value, now, before }: ValueProps) {
  if (now.text === undefined) return <span class="soft">{words.bytes(value.size)}</span>;
  if (before === undefined) return <code>{now.text}</code>;
  const changes = differences(before, now);
  if (changes.length === 0)
    return before.text === now.text ? <span class="soft small">{words.same}</span> : <code>{now.text}</code>;
  return (
    <>
      {changes.slice(0, maxChanges).map((change) => (
        <ChangeView key={change.kind === "field" ? change.path : ""} change={change} />
      ))}
      {changes.length > maxChanges && <span class="soft">{words.left(changes.length - maxChanges)}</span>}
    </>
  );
}

function ChangeView({ change }: { change: Change }) {
  if (change.kind === "text")
    return (
      <code class="change change-text">
        {change.start}
        {change.removed !== "" && <del>{change.removed}</del>}
        {change.added !== "" && <ins>{change.added}</ins>}
        {change.end}
      </code>
    );
  return (
    <code class="change">
      <span class="json-name">{change.path}</span> <del>{change.before ?? words.absent}</del> →{" "}
      <ins>{change.now ?? words.absent}</ins>
    </code>
  );
}
