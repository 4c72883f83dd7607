import type { EventFilter } from "../../observe/event-filter.ts";
import type { History } from "../../observe/history.ts";
import { eventJson, type RecordedEvent } from "../../observe/recorded-event.ts";
import { Outbox } from "./outbox.ts";

export interface EventStreamOptions {
  readonly history: History;
  readonly filter: EventFilter;
  /** So many past events come first. */
  readonly limit: number;
  /** What the reader has seen last, where it comes back. */
  readonly after: number | undefined;
  readonly stopping: AbortSignal;
  readonly keepAliveMs?: number;
  /** Bytes that may wait for a reader. */
  readonly maxWaiting?: number;
}

/** One reader's server-sent events: the past first, then what happens, until it leaves or the server stops. */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { history, filter, stopping, keepAliveMs = 15_000, maxWaiting = 1024 * 1024 } = options;
  const outbox = new Outbox(maxWaiting);
  let lost = 0;
  // Once full, it must be half empty before it takes more: a gap is told once, not between any two events.
  const tellLost = () => {
    if (
      lost > 0 &&
      outbox.isHalfEmpty &&
      outbox.add(message("left-out", { service: "", kind: "slow-reader", count: lost }))
    )
      lost = 0;
  };
  const tell = (event: RecordedEvent) => {
    tellLost();
    if (lost > 0 || !outbox.add(traffic(event))) lost++;
  };
  for (const event of pastOf(options)) tell(event);
  outbox.add(message("ready", {}));
  const leave = history.watch({
    kinds: filter.kinds,
    event: (event) => filter.matches(event) && tell(event),
    leftOut(service, kind, count) {
      if (filter.hasService(service)) outbox.add(message("left-out", { service, kind, count }));
    },
  });
  const timer = setInterval(() => {
    tellLost();
    if (outbox.isEmpty) outbox.add(": keep-alive\n\n");
  }, keepAliveMs);
  const end = () => {
    clearInterval(timer);
    leave();
    outbox.close();
    stopping.removeEventListener("abort", end);
  };
  stopping.addEventListener("abort", end);
  if (stopping.aborted) end();
  return outbox.stream(end);
}

function pastOf({ history, filter, limit, after }: EventStreamOptions): RecordedEvent[] {
  const isWanted = (event: RecordedEvent) => filter.matches(event);
  // A number that is yet to come is from before a restart of the server.
  if (after === undefined || after > history.seq) return history.past(limit, isWanted);
  return history.past(Number.POSITIVE_INFINITY, isWanted, after);
}

const traffic = (event: RecordedEvent) => `id: ${event.seq}\n${message("traffic", eventJson(event))}`;

/** JSON holds no line end, so one `data` line is enough. */
const message = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
