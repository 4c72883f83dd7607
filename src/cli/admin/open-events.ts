import type { CommandContext } from "../program/command-context.ts";
import { PeerError, UsageError } from "../program/errors.ts";
import { type AdminStream, openStream } from "./open-stream.ts";
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
): Promise<AdminStream> {
  const headers: Record<string, string> = after === undefined ? {} : { "last-event-id": after };
  const history = after === undefined ? query.history : wholeHistory;
  const path = `/api/events?${searchOf({ ...query, history })}`;
  try {
    return await openStream(context, peer, path, "text/event-stream", { headers });
  } catch (error) {
    const isRejected = error instanceof PeerError && error.code === "bad-request";
    throw isRejected ? new UsageError(error.message) : error;
  }
}

function searchOf({ service, client, kind, topic, history }: EventQuery): URLSearchParams {
  const search = new URLSearchParams({ history: String(history) });
  for (const [name, value] of Object.entries({ service, client, kind, topic })) {
    if (value !== undefined) search.set(name, value);
  }
  return search;
}
