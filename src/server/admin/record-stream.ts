import { onAbort } from "../../core/deadline.ts";
import { keepingSink } from "../../observe/packet-sink.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import { type RecordingOptions, TrafficRecording } from "../../observe/traffic-recording.ts";
import { wallClock } from "../../observe/wall-clock.ts";
import { defaultGatherMs, SendBuffer } from "./send-buffer.ts";

export interface RecordStreamOptions
  extends Pick<RecordingOptions, "application" | "services" | "hasDatagrams" | "roleOf"> {
  readonly hub: Pick<TrafficHub, "add">;
  /** Each ends the recording with a whole file. */
  readonly until: readonly AbortSignal[];
  /** Called once, when nothing is recorded any more. */
  readonly onEnd: () => void;
  /** Bytes that may be buffered for a slow reader. */
  readonly maxBuffered?: number;
  /** As that of the buffer. */
  readonly gatherMs?: number;
  readonly statisticsMs?: number;
}

/** One reader's pcapng file of the traffic from now on, until it disconnects or the recording is ended. */
export function recordStream(options: RecordStreamOptions): ReadableStream<Uint8Array> {
  const {
    hub,
    until,
    onEnd,
    maxBuffered = 8 * 1024 * 1024,
    statisticsMs = 1000,
    gatherMs = defaultGatherMs,
  } = options;
  const buffer = new SendBuffer(maxBuffered, { gatherMs });
  const recording = new TrafficRecording({
    ...options,
    sink: keepingSink(
      (blocks) => buffer.write(blocks),
      (bytes) => buffer.hasRoom(bytes),
    ),
    now: wallClock(),
  });
  // Whoever asked sees that it runs.
  recording.begin();
  const leave = hub.add(recording);
  // A reader that stops by itself learns of losses on the way. And one that has gone without a word is noticed only when
  // something is sent to it: until then it would take the place of another.
  const timer = setInterval(() => buffer.write(recording.signOfLife()), statisticsMs);
  let forgets: (() => void)[] = [];
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    clearInterval(timer);
    leave();
    buffer.close(recording.statistics());
    for (const forget of forgets) forget();
    onEnd();
  };
  const stream = buffer.stream(end);
  forgets = until.map((signal) => onAbort(signal, end));
  return stream;
}
