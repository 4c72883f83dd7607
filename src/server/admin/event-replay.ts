import type { EventFilter } from "../../observe/event-filter.ts";
import type { History } from "../../observe/history.ts";
import type { RecordedEvent } from "../../observe/recorded-event.ts";

/** The id of a server-sent event. It names the run of the server, because numbers start again with each run. */
export interface EventId {
  readonly run: string;
  readonly seq: number;
}

export const formatEventId = ({ run, seq }: EventId): string => `${run}-${seq}`;

/** Undefined for text that this server cannot have sent as an id. */
export function parseEventId(text: string | undefined): EventId | undefined {
  const [, run, seq] = /^(.{1,64})-(\d{1,15})$/.exec(text ?? "") ?? [];
  return run === undefined || seq === undefined ? undefined : { run, seq: Number(seq) };
}

export interface ReplayOptions {
  readonly history: History;
  readonly filter: EventFilter;
  /** How many past events a new reader gets. */
  readonly limit: number;
  /** The Last-Event-ID of a reader that reconnects. */
  readonly after: EventId | undefined;
}

export interface Replay {
  readonly events: readonly RecordedEvent[];
  /** How many events the history does not hold any more; undefined when the reader has missed none. */
  readonly missing: number | undefined;
}

/**
 * The past events that a reader gets before the live ones. One that reconnects gets all that it has not seen. Events
 * that the history has evicted are counted over all services, because the filter cannot be applied to them any more.
 */
export function replayFor({ history, filter, limit, after }: ReplayOptions): Replay {
  const matches = (event: RecordedEvent) => filter.matches(event);
  if (after === undefined) return { events: history.recent(limit, matches), missing: undefined };
  // After a restart of the server the reader has seen nothing of this run, whatever its number says.
  const isOfThisRun = after.run === history.run && after.seq <= history.seq;
  const seen = isOfThisRun ? after.seq : 0;
  const kept = history.recent(Number.POSITIVE_INFINITY, () => true, seen);
  const isMissing = !isOfThisRun || history.hasEvicted(seen, (service) => filter.hasService(service));
  const missing = isMissing ? history.seq - seen - kept.length : undefined;
  return { events: kept.filter(matches), missing };
}
