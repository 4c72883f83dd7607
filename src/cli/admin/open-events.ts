import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";
import { adminHeaders, adminUrl, refusal } from "./client.ts";
import type { AdminPeer } from "./options.ts";

/** What is asked for, as the admin service has it in its query. */
export interface EventQuery {
  readonly service?: string | undefined;
  readonly client?: string | undefined;
  readonly kind?: string | undefined;
  readonly topic?: string | undefined;
  /** Past events to begin with. */
  readonly history: number;
}

/** All that a server has: after it has started again, none of them has been seen. */
const wholeHistory = 1000;

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  close(): void;
}

/**
 * Opens a stream of events.
 * @param after the id of the last event that was seen, for who comes back
 * @throws {UsageError} when the server cannot understand what is asked for
 * @throws {PeerError} when it refuses otherwise; what fetch throws passes as it is
 */
export async function openEvents(
  context: CommandContext,
  peer: AdminPeer,
  query: EventQuery,
  after?: string,
): Promise<EventStream> {
  const headers: Record<string, string> = { ...adminHeaders(peer), accept: "text/event-stream" };
  if (after !== undefined) headers["last-event-id"] = after;
  const history = after === undefined ? query.history : wholeHistory;
  const closing = new AbortController();
  const response = await context.within(`No answer from ${peerName(peer)}`, async (limit) => {
    // What the limit ends is the wait for the head; the stream has none.
    limit.addEventListener("abort", () => closing.abort(limit.reason), { once: true });
    return fetch(adminUrl(peer, `/api/events?${searchOf({ ...query, history })}`), {
      headers,
      redirect: "manual",
      signal: AbortSignal.any([context.signal, closing.signal]),
    });
  });
  const { body, ok, status } = response;
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  if (ok && isStream && body !== null) return { body, close: () => closing.abort() };
  const text = await context.within(`No end of the answer of ${peerName(peer)}`, () => response.text());
  const refused = refusal(peer, status, text);
  throw refused.code === "bad-request" ? new UsageError(refused.message) : refused;
}

function searchOf({ service, client, kind, topic, history }: EventQuery): URLSearchParams {
  const search = new URLSearchParams({ history: String(history) });
  for (const [name, value] of Object.entries({ service, client, kind, topic })) {
    if (value !== undefined) search.set(name, value);
  }
  return search;
}
