import { z } from "zod";
import { secondClock } from "../../protocol/text/clock.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import type { Style } from "../terminal/style.ts";
import type { ServerSentEvent } from "./server-sent-events.ts";

/** One event of traffic as the admin service sends it. */
const traffic = z.looseObject({
  time: z.number(),
  kind: z.enum(["open", "message", "close", "bytes"]),
  service: z.string(),
  remote: z.string(),
  direction: z.enum(["in", "out"]).optional(),
  text: z.string().optional(),
  fields: z.looseObject({ client: z.string().optional() }).optional(),
  /** In base64. */
  bytes: z.string().optional(),
  size: z.number().optional(),
  reason: z.string().optional(),
});

type TrafficEvent = z.infer<typeof traffic>;

const leftOut = z.object({ service: z.string(), kind: z.string(), count: z.number() });

const leftOutNames: Readonly<Record<string, string>> = {
  message: "messages",
  open: "clients that came",
  close: "clients that left",
  bytes: "chunks of bytes",
  "slow-reader": "events, for which this terminal was too slow",
  history: "events, which the server does not keep any more",
};

/** Prints one event of the admin service. @throws {PeerError} when its data is not as it should be */
export function showEvent(context: CommandContext, event: ServerSentEvent, withBytes: boolean): void {
  if (event.event === "traffic") {
    const data = read(traffic, event);
    context.result(formatEvent(data, context.style, withBytes), { event: event.event, ...data });
  } else if (event.event === "left-out") {
    showLeftOut(context, event);
  }
}

function showLeftOut(context: CommandContext, event: ServerSentEvent): void {
  const { service, kind, count } = read(leftOut, event);
  if (context.json) return context.result("", { event: event.event, service, kind, count });
  const what = leftOutNames[kind] ?? kind;
  // After a restart of the server the number is unknown.
  const many = count === 0 ? "perhaps more" : `${count} more`;
  context.note(context.noteStyle.warn(`... ${many} ${what}${service === "" ? "" : ` of ${service}`}`));
}

function read<T>(schema: z.ZodType<T>, { event, data }: ServerSentEvent): T {
  try {
    return schema.parse(JSON.parse(data));
  } catch (cause) {
    const shown = data.length > 80 ? `${data.slice(0, 80)} ...` : data;
    const message = `The peer sent "${event}" as distsrv's admin service does not: ${shown}`;
    throw new PeerError("bad-answer", message, { cause });
  }
}

/** Bytes of a message to show: a person mostly wants to see its beginning. */
const maxShown = 512;

/** `23:49:36.120  127.0.0.1:40112       -> time      Received from client: TIME` */
function formatEvent(event: TrafficEvent, style: Style, withBytes: boolean): string {
  const { time, service, remote, direction } = event;
  const arrow = direction === "out" ? "<-" : direction === "in" ? "->" : "--";
  const peer = (remote || unnamedPeer(event)).padEnd(21);
  const name = clientName(event);
  const who = name === "" ? peer : `${peer} ${name}`;
  const head = `${style.faint(clock(time))}  ${who} ${arrow} ${style.strong(service.padEnd(9))} ${describe(event)}`;
  if (!withBytes || event.bytes === undefined) return head;
  const bytes = Buffer.from(event.bytes, "base64");
  const shown = bytes.subarray(0, maxShown);
  const more = (event.size ?? bytes.length) - shown.length;
  return [head, ...hexDump(shown), ...(more > 0 ? [`    ... ${more} more bytes`] : [])].join("\n");
}

/** What a client calls itself, where that is not its address. */
const clientName = ({ fields, remote }: TrafficEvent): string =>
  fields?.client === undefined || fields.client === remote ? "" : fields.client;

/** Shown for a peer without address: a publication goes to all subscribers, and libzmq does not name every peer. */
const unnamedPeer = ({ kind, direction, text = "" }: TrafficEvent): string =>
  kind === "message" && direction === "out" && text.startsWith("Published") ? "(everyone)" : "(some peer)";

function describe({ kind, text, size, reason }: TrafficEvent): string {
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

/** Made for the first event: the zone of the environment may be one that nobody knows. */
let timeOfDay: ((milliseconds: number) => string) | undefined;

function clock(time: number): string {
  timeOfDay ??= secondClock("%H:%M:%S", "local");
  return `${timeOfDay(time)}.${String(Math.trunc(time) % 1000).padStart(3, "0")}`;
}

/** Sixteen bytes a line: the offset, the bytes in hexadecimal, and as text. */
function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 16) {
    const row = [...bytes.subarray(offset, offset + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`    ${offset.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines;
}
