import { publishText } from "../../../protocol/mqtt/publish-text.ts";
import type { Fields, TrafficEvent } from "../api/types.ts";
import { bytes, integer } from "../text/format.ts";
import { bytesOfBase64 } from "../text/hex.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    empty: "(empty)",
    waits: "connected, waits",
    opens: "opens",
    closes: "closes",
    closesFor: (reason: string) => `closes: ${reason}`,
    opening: (client: string, service: string) => `${client} opens a conversation with ${service}`,
    ending: (client: string, service: string, how: string) => `${client} and ${service}: ${how}`,
    sending: (from: string, to: string, message: string) => `${from} to ${to}: ${message}`,
    leftOut: (count: string, service: string) =>
      service === "" ? `${count} left out` : `${count} of ${service} left out`,
  },
  id: {
    empty: "(kosong)",
    waits: "tersambung, menunggu",
    opens: "membuka",
    closes: "menutup",
    closesFor: (reason) => `menutup: ${reason}`,
    opening: (client, service) => `${client} membuka percakapan dengan ${service}`,
    ending: (client, service, how) => `${client} dan ${service}: ${how}`,
    sending: (from, to, message) => `${from} ke ${to}: ${message}`,
    leftOut: (count, service) =>
      service === "" ? `${count} tidak ditampilkan` : `${count} dari ${service} tidak ditampilkan`,
  },
});

/** The label of an arrow: the message without its beginning such as `Received from client: `, which the arrow shows. */
export function messageLabel(event: TrafficEvent): string {
  return numbered(event, plainLabel(event));
}

/** Of a capture each row has the number of its packet, as Wireshark shows it. */
const numbered = ({ captured }: TrafficEvent, label: string): string =>
  captured === undefined ? label : `#${captured.packet} ${label}`;

function plainLabel(event: TrafficEvent): string {
  if (event.kind === "segment") return event.text ?? "";
  if (event.kind === "bytes") return `${bytes(event.size ?? 0)}${preview(event)}`;
  if (event.fields?.packet === "PUBLISH") return publishLabel(event.fields);
  return (event.text ?? "").replace(
    /^((Received|Sent|Upcall)( (from|to) (client|\('[^']*', \d+\)))?|Published): /,
    "",
  );
}

/** By its fields, as the server says it, in the page's language. */
function publishLabel({ topic = "", qos, retain, dup, payload = "", size }: Fields): string {
  const publish = {
    ...{ topic: String(topic), qos: Number(qos), retain: retain === true, dup: dup === true },
    ...{ payload: String(payload), size: Number(size) },
  };
  return publishText(publish, { empty: words.empty, size: bytes });
}

/** The label of an `open` or a `close`. */
export function connectionLabel(event: TrafficEvent): string {
  return numbered(event, courseLabel(event));
}

function courseLabel(event: TrafficEvent): string {
  if (event.captured !== undefined && event.text !== undefined) return event.text;
  if (event.kind === "open") return event.waits === true ? words.waits : words.opens;
  return event.reason === undefined || event.reason === "" ? words.closes : words.closesFor(event.reason);
}

/** One sentence, for screen readers and for reports. */
export function describeEvent(event: TrafficEvent, client: string): string {
  if (event.kind === "open" && event.captured === undefined) return words.opening(client, event.service);
  if (event.kind === "open") return words.ending(client, event.service, connectionLabel(event));
  if (event.kind === "close") return words.ending(client, event.service, connectionLabel(event));
  const [from, to] = event.direction === "out" ? [event.service, client] : [client, event.service];
  return words.sending(from, to, messageLabel(event));
}

function preview({ bytes: base64 }: TrafficEvent): string {
  if (base64 === undefined || base64 === "") return "";
  const text = new TextDecoder().decode(bytesOfBase64(base64.slice(0, 64)));
  return `  ${text.replace(/[^\x20-\x7e\u00a0-\uffff]|\ufffd/g, "·").slice(0, 40)}`;
}

/** The label of a gap: events that the server's sampling has left out, of one service or of all. */
export const gapLabel = ({ count, service }: { readonly count: number; readonly service: string }): string =>
  words.leftOut(integer(count), service);
