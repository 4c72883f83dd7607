import { onAbort } from "../../core/deadline.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";
import { adminHeaders, adminUrl, refusal } from "./client.ts";
import type { AdminPeer } from "./options.ts";

/** The query of the admin service's event stream. */
export interface EventQuery {
  readonly service?: string | undefined;
  readonly client?: string | undefined;
  readonly kind?: string | undefined;
  readonly topic?: string | undefined;
  /** The number of past events to begin with. */
  readonly history: number;
}

/** When reconnecting: all that a server keeps, because after its restart we have seen none of them. */
const wholeHistory = 1000;

export interface EventStream {
  readonly body: ReadableStream<Uint8Array>;
  close(): void;
}

/**
 * Opens a stream of events.
 * @param after when reconnecting: the id of the last event received
 * @throws {UsageError} when the server rejects the query
 * @throws {PeerError} when it refuses otherwise; errors of fetch pass unchanged
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
    onAbort(limit, () => closing.abort(limit.reason)); // limits the wait for the head, not the stream
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
