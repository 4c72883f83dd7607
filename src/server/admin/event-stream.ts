import { onAbort } from "../../core/deadline.ts";
import { eventJson, type RecordedEvent } from "../../observe/recorded-event.ts";
import { formatEventId, type ReplayOptions, replayFor } from "./event-replay.ts";
import { LostEvents } from "./lost-events.ts";
import { defaultGatherMs, SendBuffer } from "./send-buffer.ts";

export interface EventStreamOptions extends ReplayOptions {
  readonly stopping: AbortSignal;
  /** The users have changed: whoever is still one asks again. */
  readonly untilChanged?: AbortSignal;
  readonly keepAliveMs?: number;
  /** Bytes that may be buffered for a slow reader. */
  readonly maxBuffered?: number;
  /** As that of the buffer. */
  readonly gatherMs?: number;
}

/** One reader's server-sent events: the past ones first, then live ones until it disconnects or the server stops. */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const {
    history,
    filter,
    stopping,
    untilChanged,
    keepAliveMs = 15_000,
    maxBuffered = 1024 * 1024,
    gatherMs = defaultGatherMs,
  } = options;
  const buffer = new SendBuffer(maxBuffered, { gatherMs });
  const lost = new LostEvents((count) => buffer.write(message("left-out", count)));
  // A full buffer must drain to one half first. So a gap is reported once, and not again after every other event.
  const reportLost = () => {
    if (buffer.isHalfEmpty) lost.flush();
  };
  const send = (event: RecordedEvent) => {
    reportLost();
    if (!lost.isEmpty || !buffer.write(bytesOf(event, history.run))) lost.add("", "slow-reader", 1);
  };
  const { events, missing } = replayFor(options);
  if (missing !== undefined) lost.add("", "history", missing);
  reportLost();
  for (const event of events) send(event);
  buffer.write(message("ready", {}));
  const unsubscribe = history.subscribe({
    kinds: filter.kinds,
    services: filter.services,
    onEvent: (event) => filter.matches(event) && send(event),
    onSampledOut(service, kind, count) {
      if (!filter.hasService(service)) return;
      lost.add(service, kind, count);
      reportLost();
    },
  });
  const timer = setInterval(() => {
    reportLost();
    if (buffer.isEmpty) buffer.write(keepAlive);
  }, keepAliveMs);
  let forgets: (() => void)[] = [];
  const end = () => {
    clearInterval(timer);
    unsubscribe();
    buffer.close();
    for (const forget of forgets) forget();
  };
  forgets = [stopping, untilChanged].flatMap((signal) => (signal === undefined ? [] : onAbort(signal, end)));
  return buffer.stream(end);
}

const encoder = new TextEncoder();

const keepAlive = encoder.encode(": keep-alive\n\n");

/** The event that was sent last: all readers get it one after another, so it is encoded once for all of them. */
let latest: { readonly event: RecordedEvent; readonly run: string; readonly bytes: Uint8Array } | undefined;

function bytesOf(event: RecordedEvent, run: string): Uint8Array {
  if (latest?.event !== event || latest.run !== run) {
    const id = formatEventId({ run, seq: event.seq });
    latest = { event, run, bytes: encoder.encode(`id: ${id}\n${text("traffic", eventJson(event))}`) };
  }
  return latest.bytes;
}

/** JSON has no line ends, so one `data` line is enough. */
const text = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const message = (name: string, data: object) => encoder.encode(text(name, data));
