/** What a line about a PUBLISH is made of, printable already. */
export interface ShownPublish {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
  /** As text; its end may be missing. */
  readonly payload: string;
  /** Of the payload, in bytes. */
  readonly size: number;
}

/** The words that are not MQTT's. */
export interface PublishWords {
  readonly empty: string;
  /** `1.2 kB` */
  readonly size: (bytes: number) => string;
}

/** Characters of a payload in a line. */
const maxPayload = 60;

const english: PublishWords = { empty: "(empty)", size: (bytes) => `${bytes} B` };

/**
 * A PUBLISH as the log, `watch` and the dashboard show it: `PUBLISH sister/temp qos 1 retain "Suhu: 28°C"`. QoS 0 is not
 * worth a word; of a long payload the size follows.
 */
export function publishText(
  { topic, qos, retain, dup, payload, size }: ShownPublish,
  words: PublishWords = english,
): string {
  const marks = [qos === 0 ? "" : `qos ${qos}`, retain ? "retain" : "", dup ? "dup" : ""];
  const text = [...payload];
  const isCut = text.length > maxPayload;
  const shown = size === 0 ? words.empty : `"${text.slice(0, maxPayload).join("")}${isCut ? "…" : ""}"`;
  return ["PUBLISH", topic, ...marks, shown, isCut ? words.size(size) : ""]
    .filter((word) => word !== "")
    .join(" ");
}
