import type { TrafficEvent } from "../api/types.ts";
import { bytes } from "../text/format.ts";
import { bytesOfBase64 } from "../text/hex.ts";

/** What an arrow says. Roles begin a line with who spoke to whom; the arrow says that already. */
export function wordsOf(event: TrafficEvent): string {
  if (event.kind === "bytes") return `${bytes(event.size ?? 0)}${preview(event)}`;
  return (event.text ?? "").replace(
    /^((Received from|Sent to|Upcall to) (client|\('[^']*', \d+\))|Published): /,
    "",
  );
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
