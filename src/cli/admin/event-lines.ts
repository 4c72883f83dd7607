import type { Style } from "../terminal/style.ts";

/** One event as the admin service tells it. */
export interface TrafficLine {
  readonly time: number;
  readonly kind: "open" | "message" | "close" | "bytes";
  readonly service: string;
  readonly remote: string;
  readonly direction?: "in" | "out" | undefined;
  readonly text?: string | undefined;
  /** base64 */
  readonly bytes?: string | undefined;
  readonly size?: number | undefined;
  readonly reason?: string | undefined;
}

/** So many bytes of a message are shown; what a person wants to see stands at its beginning. */
const mostShown = 512;

/** `23:49:36.120  127.0.0.1:40112       -> time      Received from client: TIME` */
export function eventLines(event: TrafficLine, style: Style, withBytes: boolean): string {
  const { time, service, remote, direction } = event;
  const arrow = direction === "out" ? "<-" : direction === "in" ? "->" : "--";
  const who = (remote || nameless(event)).padEnd(21);
  const head = `${style.faint(clock(time))}  ${who} ${arrow} ${style.strong(service.padEnd(9))} ${words(event)}`;
  if (!withBytes || event.bytes === undefined) return head;
  const bytes = Buffer.from(event.bytes, "base64");
  const shown = bytes.subarray(0, mostShown);
  const more = (event.size ?? bytes.length) - shown.length;
  return [head, ...hexDump(shown), ...(more > 0 ? [`    ... ${more} more bytes`] : [])].join("\n");
}

/** A publication goes to all who subscribe; of other messages the library below may not tell whose they are. */
const nameless = ({ kind, direction, text = "" }: TrafficLine): string =>
  kind === "message" && direction === "out" && text.startsWith("Published") ? "(everyone)" : "(some peer)";

function words({ kind, text, size, reason }: TrafficLine): string {
  switch (kind) {
    case "open":
      return "connected";
    case "close":
      return reason === undefined ? "left" : `left (${reason})`;
    case "bytes":
      return `${size ?? 0} bytes`;
    case "message":
      return text ?? "";
  }
}

function clock(time: number): string {
  const moment = new Date(time);
  return `${moment.toTimeString().slice(0, 8)}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
}

/** Sixteen bytes a line: their place, in hexadecimal, and as text. */
function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`    ${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines;
}
