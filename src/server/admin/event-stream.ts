import { eventJson, type RecordedEvent } from "../../observe/recorded-event.ts";
import { formatEventId } from "./event-id.ts";
import { eventPast, type PastOptions } from "./event-replay.ts";
import { LeftOut } from "./lost-events.ts";
import { Outbox } from "./send-buffer.ts";

export interface EventStreamOptions extends PastOptions {
  readonly stopping: AbortSignal;
  readonly keepAliveMs?: number;
  /** Bytes that may wait for a reader. */
  readonly maxWaiting?: number;
}

/** One reader's server-sent events: the past first, then what happens, until it leaves or the server stops. */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { history, filter, stopping, keepAliveMs = 15_000, maxWaiting = 1024 * 1024 } = options;
  const outbox = new Outbox(maxWaiting);
  const leftOut = new LeftOut((count) => outbox.add(message("left-out", count)));
  // Once full, it must be half empty before it takes more: a gap is told once, not between any two events.
  const tellLeftOut = () => {
    if (outbox.isHalfEmpty) leftOut.tell();
  };
  const tell = (event: RecordedEvent) => {
    tellLeftOut();
    const id = formatEventId({ run: history.run, seq: event.seq });
    const text = `id: ${id}\n${message("traffic", eventJson(event))}`;
    if (!leftOut.isEmpty || !outbox.add(text)) leftOut.add("", "slow-reader", 1);
  };
  const { events, missing } = eventPast(options);
  if (missing !== undefined) leftOut.add("", "history", missing);
  tellLeftOut();
  for (const event of events) tell(event);
  outbox.add(message("ready", {}));
  const leave = history.watch({
    kinds: filter.kinds,
    services: filter.services,
    event: (event) => filter.matches(event) && tell(event),
    leftOut(service, kind, count) {
      if (!filter.hasService(service)) return;
      leftOut.add(service, kind, count);
      tellLeftOut();
    },
  });
  const timer = setInterval(() => {
    tellLeftOut();
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

/** JSON holds no line end, so one `data` line is enough. */
const message = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
