import type { EventFilter } from "../../observe/event-filter.ts";
import type { History } from "../../observe/history.ts";
import type { RecordedEvent } from "../../observe/recorded-event.ts";
import type { EventId } from "./event-id.ts";

export interface PastOptions {
  readonly history: History;
  readonly filter: EventFilter;
  /** So many past events come first for a new reader. */
  readonly limit: number;
  /** What the reader has seen last, where it comes back. */
  readonly after: EventId | undefined;
}

export interface Past {
  readonly events: readonly RecordedEvent[];
  /** Undefined where nothing can be missing. */
  readonly missing: number | undefined;
}

/**
 * What a reader is shown before what happens now. One that comes back gets all that it has not seen; what the history
 * does not hold any more is counted, over all services, because nobody knows which of it the filter would have taken.
 */
export function eventPast({ history, filter, limit, after }: PastOptions): Past {
  const isWanted = (event: RecordedEvent) => filter.matches(event);
  if (after === undefined) return { events: history.past(limit, isWanted), missing: undefined };
  // The numbers of another run say nothing about this one, of which the reader has seen nothing.
  const isOfThisRun = after.run === history.run && after.seq <= history.seq;
  const seen = isOfThisRun ? after.seq : 0;
  const kept = history.past(Number.POSITIVE_INFINITY, () => true, seen);
  const isMissing = !isOfThisRun || history.hasForgotten(seen, (service) => filter.hasService(service));
  const missing = isMissing ? history.seq - seen - kept.length : undefined;
  return { events: kept.filter(isWanted), missing };
}
