import { z } from "zod";
import { interruptible } from "../deadline.ts";
import { PeerError } from "../exit.ts";
import { peerName } from "../peer.ts";
import type { Session } from "../session.ts";
import { adminHeaders, adminUrl, reachingAdmin, refusal } from "./ask.ts";
import type { AdminPeer } from "./command.ts";
import { eventLines, type TrafficLine } from "./event-lines.ts";
import { type ServerSentEvent, serverSentEvents } from "./server-sent-events.ts";

export interface WatchOptions {
  readonly service?: string | undefined;
  readonly client?: string | undefined;
  readonly kind?: string | undefined;
  readonly topic?: string | undefined;
  readonly bytes?: true | undefined;
  readonly history: number;
}

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
};

/** Shows events until Ctrl-C. @throws {PeerError} when the server refuses, or ends the stream */
export function watchTraffic(session: Session, peer: AdminPeer, options: WatchOptions): Promise<void> {
  return reachingAdmin(peer, () => interruptible(session.signal, () => follow(session, peer, options)));
}

async function follow(session: Session, peer: AdminPeer, options: WatchOptions): Promise<void> {
  const body = await open(session, peer, options);
  const silence = session.watchSilence(`No sign of life from ${peerName(peer)}`);
  try {
    await Promise.race([silence.over, showAll(session, body, options, silence.heard)]);
  } finally {
    silence.stop();
  }
  throw new PeerError("closed", `${peerName(peer)} has ended the stream: distsrv stops`);
}

async function open(
  session: Session,
  peer: AdminPeer,
  options: WatchOptions,
): Promise<ReadableStream<Uint8Array>> {
  const { service, client, kind, topic, history } = options;
  const query = new URLSearchParams({ history: String(history) });
  for (const [name, value] of Object.entries({ service, client, kind, topic })) {
    if (value !== undefined) query.set(name, value);
  }
  // The signal of a limit would end the stream, too: only Ctrl-C may.
  const response = await session.within(`No answer from ${peerName(peer)}`, () =>
    fetch(adminUrl(peer, `/api/events?${query}`), {
      headers: { ...adminHeaders(peer), accept: "text/event-stream" },
      redirect: "manual",
      signal: session.signal,
    }),
  );
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (response.ok && isStream && response.body !== null) return response.body;
  throw refusal(peer, response.status, await session.within("No end of the answer", () => response.text()));
}

async function showAll(
  session: Session,
  body: ReadableStream<Uint8Array>,
  options: WatchOptions,
  heard: () => void,
): Promise<void> {
  for await (const event of serverSentEvents(body)) {
    heard();
    if (event !== undefined) show(session, event, options);
  }
}

function show(session: Session, { event, data }: ServerSentEvent, options: WatchOptions): void {
  const value: unknown = JSON.parse(data);
  if (event === "traffic") {
    const line = traffic.parse(value);
    session.result(eventLines(line, session.style, options.bytes ?? false), { event, ...line });
  }
  if (event !== "left-out") return;
  const { service, kind, count } = leftOut.parse(value);
  if (session.json) return session.result("", { event, service, kind, count });
  const what = leftOutWords[kind] ?? kind;
  session.note(session.noteStyle.warn(`... ${count} more ${what}${service === "" ? "" : ` of ${service}`}`));
}
