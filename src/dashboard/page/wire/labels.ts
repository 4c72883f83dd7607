import type { Fields, TrafficEvent } from "../api/types.ts";
import { bytes } from "../text/format.ts";
import { bytesOfBase64 } from "../text/hex.ts";

/** Characters of a payload above an arrow. The details show all of it. */
const maxPayload = 60;

/** The label of an arrow: the message without its beginning such as `Received from client: `, which the arrow shows. */
export function messageLabel(event: TrafficEvent): string {
  if (event.kind === "bytes") return `${bytes(event.size ?? 0)}${preview(event)}`;
  if (event.fields?.packet === "PUBLISH") return publishLabel(event.fields);
  return (event.text ?? "").replace(
    /^((Received|Sent|Upcall)( (from|to) (client|\('[^']*', \d+\)))?|Published): /,
    "",
  );
}

/** `PUBLISH sister/temp qos 1 retain "Suhu: 28°C"` */
function publishLabel({ topic, qos, retain, dup, payload, size }: Fields): string {
  const marks = [qos === 0 ? "" : `qos ${qos}`, retain === true ? "retain" : "", dup === true ? "dup" : ""];
  const text = [...String(payload ?? "")];
  const isCut = text.length > maxPayload;
  const shown = size === 0 ? "(empty)" : `"${text.slice(0, maxPayload).join("")}${isCut ? "…" : ""}"`;
  return ["PUBLISH", topic, ...marks, shown, isCut ? bytes(Number(size)) : ""]
    .filter((word) => word !== "")
    .join(" ");
}

/** The label of an `open` or a `close`. */
export function connectionLabel(event: TrafficEvent): string {
  if (event.kind === "open") return "opens";
  return event.reason === undefined || event.reason === "" ? "closes" : `closes: ${event.reason}`;
}

/** One sentence, for screen readers and for reports. */
export function describeEvent(event: TrafficEvent, client: string): string {
  if (event.kind === "open") return `${client} opens a conversation with ${event.service}`;
  if (event.kind === "close") return `${client} and ${event.service}: ${connectionLabel(event)}`;
  const [from, to] = event.direction === "out" ? [event.service, client] : [client, event.service];
  return `${from} to ${to}: ${messageLabel(event)}`;
}

function preview({ bytes: base64 }: TrafficEvent): string {
  if (base64 === undefined || base64 === "") return "";
  const text = new TextDecoder().decode(bytesOfBase64(base64.slice(0, 64)));
  return `  ${text.replace(/[^\x20-\x7e\u00a0-\uffff]|\ufffd/g, "·").slice(0, 40)}`;
}
