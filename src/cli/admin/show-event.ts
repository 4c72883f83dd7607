import { z } from "zod";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { eventLines, type TrafficLine } from "./event-lines.ts";
import type { ServerSentEvent } from "./server-sent-events.ts";

const traffic: z.ZodType<TrafficLine> = z.looseObject({
  time: z.number(),
  kind: z.enum(["open", "message", "close", "bytes"]),
  service: z.string(),
  remote: z.string(),
  direction: z.enum(["in", "out"]).optional(),
  text: z.string().optional(),
  bytes: z.string().optional(),
  size: z.number().optional(),
  reason: z.string().optional(),
});

const leftOut = z.object({ service: z.string(), kind: z.string(), count: z.number() });

const leftOutWords: Readonly<Record<string, string>> = {
  message: "messages",
  open: "clients that came",
  close: "clients that left",
  bytes: "chunks of bytes",
  "slow-reader": "events, for which this terminal was too slow",
  history: "events, which the server does not keep any more",
};

/** Prints one event of the admin service. @throws {PeerError} when it is none of those that there are */
export function showEvent(context: CommandContext, event: ServerSentEvent, withBytes: boolean): void {
  if (event.event === "traffic") {
    const line = read(traffic, event);
    context.result(eventLines(line, context.style, withBytes), { event: event.event, ...line });
  } else if (event.event === "left-out") {
    showLeftOut(context, event);
  }
}

function showLeftOut(context: CommandContext, event: ServerSentEvent): void {
  const { service, kind, count } = read(leftOut, event);
  if (context.json) return context.result("", { event: event.event, service, kind, count });
  const what = leftOutWords[kind] ?? kind;
  // How many a server had before it started again, nobody knows.
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
