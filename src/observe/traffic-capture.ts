import { rmSync } from "node:fs";
import { withTimeout } from "../core/deadline.ts";
import { describeError } from "../core/errors.ts";
import { type Problem, problem } from "../core/problem.ts";
import type { TrafficEvent } from "../core/traffic.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import { openNext } from "./file-ring.ts";
import type { Observer, SampleRates } from "./observer.ts";
import { QueuedWriter, type QueuedWriterOptions } from "./queued-writer.ts";
import type { TrafficHub } from "./traffic-hub.ts";
import { type RecordingCounts, type RecordingOptions, TrafficRecording } from "./traffic-recording.ts";

export interface CaptureSettings {
  readonly file: string;
  /** Absent: all. */
  readonly services?: readonly string[] | undefined;
  /** Bytes after which another file begins. */
  readonly maxFileSize: number;
  /** Milliseconds after which another file begins. */
  readonly maxFileTime: number;
  /** How many are kept. */
  readonly files: number;
}

export interface TrafficCaptureOptions extends Pick<RecordingOptions, "application" | "hasDatagrams"> {
  readonly hub: Pick<TrafficHub, "add">;
  /** Gets a sentence when packets cannot be written, or no further file can be opened. */
  readonly report: (problem: string) => void;
  readonly maxWaiting?: number;
  /** Milliseconds that only go forward; another clock in tests. */
  readonly clock?: () => number;
}

/** What a second of a fast network is. */
const defaultMaxWaiting = 64 * 1024 * 1024;

/** Written at once. */
const chunkSize = 1024 * 1024;

/** A write for each packet would cost more than the packet itself. */
const batch = { bytes: chunkSize / 4, ms: 20 };

const tickMs = 1000;

/** After another file could not be opened, the next attempt. */
const retryMs = 60_000;

const closeTimeoutMs = 1000;

class PacketWriter extends QueuedWriter<Uint8Array> {
  constructor(options: QueuedWriterOptions) {
    super(options, new ChunkQueue(chunkSize));
  }

  /** The statistics of the interfaces have the count. */
  protected gap(): undefined {
    return undefined;
  }
}

/** @param last the end of the file, for which there is room once the rest is written */
async function finish(writer: PacketWriter, last: Uint8Array): Promise<void> {
  await writer.flush();
  writer.write(last);
  await writer.close();
}

/** All that the services receive and send, in pcapng files that follow each other; it never waits for the disk. */
export class TrafficCapture implements Observer {
  readonly rates: SampleRates = {};
  readonly settings: CaptureSettings;
  readonly #options: TrafficCaptureOptions;
  readonly #clock: () => number;
  readonly #recording: TrafficRecording;
  readonly #timer: Timer;
  readonly #leave: () => void;
  #writer: PacketWriter;
  /** Bytes of the file, those that wait among them. */
  #size = 0;
  #openedAt: number;
  /** Of the files before. */
  #before: RecordingCounts = { received: 0, dropped: 0 };
  /** Packets left out that the file tells of. */
  #told = 0;
  #retryAt = Number.NEGATIVE_INFINITY;
  /** The last file but one, until all of it is written: then there is no third one. */
  #finishing: Promise<void> | undefined;

  /** @throws when the file cannot be opened */
  constructor(settings: CaptureSettings, options: TrafficCaptureOptions) {
    this.settings = settings;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#openedAt = this.#clock();
    this.#writer = this.#open();
    this.#recording = new TrafficRecording({
      application: options.application,
      hasDatagrams: options.hasDatagrams,
      services: settings.services && new Set(settings.services),
      write: (blocks) => this.#write(blocks),
      now: () => performance.timeOrigin + performance.now(),
    });
    this.#leave = options.hub.add(this);
    this.#timer = setInterval(() => this.tick(), tickMs);
    this.#timer.unref();
  }

  /** Packets since the start. */
  get counts(): RecordingCounts {
    const { received, dropped } = this.#recording.counts;
    return { received: this.#before.received + received, dropped: this.#before.dropped + dropped };
  }

  problems(): Problem[] {
    const { loss } = this.#writer;
    if (loss === undefined) return [];
    const values = { file: this.settings.file, why: loss.why, dropped: this.counts.dropped };
    const text = `Cannot write the capture to ${values.file}: ${values.why}; ${values.dropped} packets have been left out so far`;
    return [problem("capture", text, values)];
  }

  ratesFor(service: string): SampleRates {
    return this.#recording.ratesFor(service);
  }

  observe(event: TrafficEvent): void {
    this.#recording.observe(event);
    if (this.#size >= this.settings.maxFileSize) this.#turn();
  }

  sampledOut(service: string, kind: unknown, count: number): void {
    this.#recording.sampledOut(service, kind, count);
  }

  /** To be called once a second. */
  tick(): void {
    const isOld = this.#clock() - this.#openedAt >= this.settings.maxFileTime;
    if (isOld && this.#recording.counts.received > 0) this.#turn();
    else this.#tellDropped();
  }

  /** A reader of the file learns of what is not in it also while it is written. */
  #tellDropped(): void {
    const { dropped } = this.#recording.counts;
    if (dropped === this.#told) return;
    if (this.#write(this.#recording.statistics())) this.#told = dropped;
  }

  /** Goes on in another file now. @throws when it cannot be opened: then it goes on in this one */
  startFile(): void {
    const next = this.#open();
    const finishing = finish(this.#writer, this.#recording.statistics()).finally(() => {
      if (this.#finishing === finishing) this.#finishing = undefined;
    });
    this.#finishing = finishing;
    this.#before = this.counts;
    this.#writer = next;
    this.#size = 0;
    this.#told = 0;
    this.#openedAt = this.#clock();
    this.#recording.begin();
  }

  /** The file is full or old. While the disk takes nothing there is no other one: that would be one more to write. */
  #turn(): void {
    if (this.#finishing !== undefined || this.#writer.loss !== undefined) return;
    if (this.#clock() < this.#retryAt) return;
    try {
      this.startFile();
    } catch (error) {
      this.#retryAt = this.#clock() + retryMs;
      this.#options.report(
        `Cannot begin another file for the capture, so it goes on in ${this.settings.file}: ${describeError(error)}`,
      );
    }
  }

  #open(): PacketWriter {
    const { file, files } = this.settings;
    const { report, maxWaiting = defaultMaxWaiting } = this.#options;
    const writer = new PacketWriter({ fd: openNext(file, files), name: file, maxWaiting, batch });
    writer.onFailure = (why) =>
      report(
        `Cannot write the capture to ${file}: ${why}. Service goes on; packets that are left out are counted`,
      );
    return writer;
  }

  #write(blocks: Uint8Array): boolean {
    const isTaken = this.#writer.write(blocks);
    if (isTaken) this.#size += blocks.length;
    return isTaken;
  }

  /**
   * Ends the file, when what waits for it has been written or after a second.
   * @param keepsEmpty whether the file stays when there is no packet in it
   */
  async close(keepsEmpty = true): Promise<void> {
    clearInterval(this.#timer);
    this.#leave();
    const finishing = finish(this.#writer, this.#recording.statistics());
    await withTimeout(Promise.all([this.#finishing, finishing]), closeTimeoutMs);
    if (!keepsEmpty && this.#recording.counts.received === 0) rmSync(this.settings.file, { force: true });
  }
}
