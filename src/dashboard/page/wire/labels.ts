import type { Fields, TrafficEvent } from "../api/types.ts";
import { bytes } from "../text/format.ts";
import { bytesOfBase64 } from "../text/hex.ts";

/** Of a payload an arrow has room for so many characters; the rest is told by a click. */
const longestPayload = 60;

/** What an arrow says. Roles begin a line with who spoke to whom; the arrow says that already. */
export function wordsOf(event: TrafficEvent): string {
  if (event.kind === "bytes") return `${bytes(event.size ?? 0)}${preview(event)}`;
  if (event.fields?.packet === "PUBLISH") return publishWords(event.fields);
  return (event.text ?? "").replace(
    /^((Received|Sent|Upcall)( (from|to) (client|\('[^']*', \d+\)))?|Published): /,
    "",
  );
}

/** `PUBLISH sister/temp qos 1 retain "Suhu: 28°C"`: what is published says more than how long it is. */
function publishWords({ topic, qos, retain, dup, payload, size }: Fields): string {
  const marks = [qos === 0 ? "" : `qos ${qos}`, retain === true ? "retain" : "", dup === true ? "dup" : ""];
  const text = [...String(payload ?? "")];
  const isCut = text.length > longestPayload;
  const said = size === 0 ? "(empty)" : `"${text.slice(0, longestPayload).join("")}${isCut ? "…" : ""}"`;
  return ["PUBLISH", topic, ...marks, said, isCut ? bytes(Number(size)) : ""]
    .filter((word) => word !== "")
    .join(" ");
}

/** What an opening or an ending says. */
export function softWordsOf(event: TrafficEvent): string {
  if (event.kind === "open") return "opens";
  return event.reason === undefined || event.reason === "" ? "closes" : `closes: ${event.reason}`;
}

/** One sentence for a screen reader, and for the line of a report. */
export function sentenceOf(event: TrafficEvent, client: string): string {
  if (event.kind === "open") return `${client} opens a conversation with ${event.service}`;
  if (event.kind === "close") return `${client} and ${event.service}: ${softWordsOf(event)}`;
  const [from, to] = event.direction === "out" ? [event.service, client] : [client, event.service];
  return `${from} to ${to}: ${wordsOf(event)}`;
}

function preview({ bytes: base64 }: TrafficEvent): string {
  if (base64 === undefined || base64 === "") return "";
  const text = new TextDecoder().decode(bytesOfBase64(base64.slice(0, 64)));
  return `  ${text.replace(/[^\x20-\x7e\u00a0-\uffff]|\ufffd/g, "·").slice(0, 40)}`;
}
