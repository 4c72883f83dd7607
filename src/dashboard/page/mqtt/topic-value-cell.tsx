import { Icon } from "../components/icons.tsx";
import { bytes } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import type { TopicInfo } from "./broker-api.ts";

const words = texts({
  en: {
    retained: "retained",
    pinned: "This value is retained: new subscribers get it at once.",
    apart: "The retained value: new subscribers get it at once.",
    binary: "(binary)",
    binaryOf: (size: string) => `(binary, ${size})`,
  },
  id: {
    retained: "retained",
    pinned: "Nilai ini retained: subscriber baru langsung menerimanya.",
    apart: "Nilai retained: subscriber baru langsung menerimanya.",
    binary: "(biner)",
    binaryOf: (size) => `(biner, ${size})`,
  },
});

/** Bytes that are no UTF-8 come as replacement characters. */
const isBinary = (text: string): boolean => text.includes("\ufffd");

const shown = (text: string): string => (text === "" ? shared.empty : isBinary(text) ? words.binary : text);

function Last({ text, size }: { text: string; size: number }) {
  const isText = text !== "" && !isBinary(text);
  return (
    <span class={`last ${isText ? "" : "soft"}`}>
      {isBinary(text) ? words.binaryOf(bytes(size)) : shown(text)}
    </span>
  );
}

/** The last value and what is retained: a pin marks only a value that is retained now. */
export function TopicValueCell({ topic }: { topic: TopicInfo }) {
  const { last, size, retained, retainedValue } = topic;
  // Who published the same again did not retain it, but it is what is retained.
  const isPinned = topic.isLastRetained || retainedValue === last;
  return (
    <>
      {last !== null && <Last text={last} size={size} />}
      {retained && (
        <span class="retained" title={isPinned ? words.pinned : words.apart}>
          <Icon name="pin" size={13} />
          <span class="hidden">{words.retained} </span>
          {!isPinned && retainedValue !== null && <span class="cut">{shown(retainedValue)}</span>}
        </span>
      )}
    </>
  );
}
