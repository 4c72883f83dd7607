import { onAbort } from "../../core/deadline.ts";
import { eventJson, type RecordedEvent } from "../../observe/recorded-event.ts";
import { formatEventId, type ReplayOptions, replayFor } from "./event-replay.ts";
import { LostEvents } from "./lost-events.ts";
import { SendBuffer } from "./send-buffer.ts";

export interface EventStreamOptions extends ReplayOptions {
  readonly stopping: AbortSignal;
  readonly keepAliveMs?: number;
  /** Characters that may be buffered for a slow reader. */
  readonly maxBuffered?: number;
}

/** One reader's server-sent events: the past ones first, then live ones until it disconnects or the server stops. */
export function eventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { history, filter, stopping, keepAliveMs = 15_000, maxBuffered = 1024 * 1024 } = options;
  const buffer = new SendBuffer(maxBuffered);
  const lost = new LostEvents((count) => buffer.write(message("left-out", count)));
  // A full buffer must drain to one half first. So a gap is reported once, and not again after every other event.
  const reportLost = () => {
    if (buffer.isHalfEmpty) lost.flush();
  };
  const send = (event: RecordedEvent) => {
    reportLost();
    if (!lost.isEmpty || !buffer.write(textOf(event, history.run))) lost.add("", "slow-reader", 1);
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
    if (buffer.isEmpty) buffer.write(": keep-alive\n\n");
  }, keepAliveMs);
  let forgetStopping = () => {};
  const end = () => {
    clearInterval(timer);
    unsubscribe();
    buffer.close();
    forgetStopping();
  };
  forgetStopping = onAbort(stopping, end);
  return buffer.stream(end);
}

/** The text of the event that was sent last: all readers get it one after another, so it is made once for all of them. */
let latest: { readonly event: RecordedEvent; readonly run: string; readonly text: string } | undefined;

function textOf(event: RecordedEvent, run: string): string {
  if (latest?.event !== event || latest.run !== run) {
    const id = formatEventId({ run, seq: event.seq });
    latest = { event, run, text: `id: ${id}\n${message("traffic", eventJson(event))}` };
  }
  return latest.text;
}

/** JSON has no line ends, so one `data` line is enough. */
const message = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
