import { rmSync } from "node:fs";
import { withTimeout } from "../core/deadline.ts";
import { describeFileError } from "../core/file-error.ts";
import { type Problem, problem } from "../core/problem.ts";
import type { TrafficEvent } from "../core/traffic.ts";
import { BlockType } from "../protocol/capture/pcapng-format.ts";
import { checkRing, openNext, type Ring } from "./file-ring.ts";
import type { Observer, SampleRates } from "./observer.ts";
import { PacketFile, type PacketFileOptions } from "./packet-file.ts";
import type { PacketSink } from "./packet-sink.ts";
import type { Loss } from "./queued-writer.ts";
import type { TrafficHub } from "./traffic-hub.ts";
import { type RecordingCounts, type RecordingOptions, TrafficRecording } from "./traffic-recording.ts";
import { wallClock } from "./wall-clock.ts";

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

export interface TrafficCaptureOptions
  extends Pick<RecordingOptions, "application" | "hasDatagrams" | "roleOf"> {
  readonly hub: Pick<TrafficHub, "add">;
  /** Gets a sentence when packets cannot be written, or no further file can be opened. */
  readonly report: (problem: string) => void;
  /** The folder that distsrv is known to be allowed to write to. */
  readonly writable?: string | undefined;
  readonly maxWaiting?: number;
  /** Milliseconds that only go forward; another clock in tests. */
  readonly clock?: () => number;
  /** The system call; another one in tests. */
  readonly write?: PacketFileOptions["write"];
}

/** What a second of a fast network is. */
const defaultMaxWaiting = 64 * 1024 * 1024;

/** After a file could not be opened, the next attempt, and the next report of it. */
const [retryMs, reportMs] = [1000, 60_000];

const closeTimeoutMs = 1000;

/** With which each pcapng file begins. */
const magic = new Uint8Array(4);
new DataView(magic.buffer).setUint32(0, BlockType.Section);

/** @throws when no file can be made there */
export const checkCapture = (settings: CaptureSettings): void => checkRing(ringOf(settings));

const ringOf = ({ file, files }: CaptureSettings): Ring => ({ path: file, count: files, magic });

/**
 * All that the services receive and send, in pcapng files that follow each other. It never waits for the disk. A file
 * begins with its first packet, so that none of those before it is given up for nothing.
 */
export class TrafficCapture implements Observer {
  readonly rates: SampleRates = {};
  #settings: CaptureSettings;
  readonly #options: TrafficCaptureOptions;
  readonly #clock: () => number;
  readonly #recording: TrafficRecording;
  readonly #leave: () => void;
  readonly #sink: PacketSink = {
    write: (blocks) => this.#current()?.write(blocks) ?? false,
    reserve: (bytes) => this.#current()?.reserve(bytes),
    commit: (blocks, bytes) => this.#current()?.commit(blocks, bytes) ?? false,
  };
  #file: PacketFile | undefined;
  #openedAt = 0;
  /** Of the files before. */
  #before: RecordingCounts = { received: 0, dropped: 0 };
  #failedAt = Number.NEGATIVE_INFINITY;
  #reportedAt = Number.NEGATIVE_INFINITY;
  /** Files before, until all of them is written. */
  readonly #finishing = new Map<PacketFile, Promise<void>>();

  /** @throws when no file can be made there */
  constructor(settings: CaptureSettings, options: TrafficCaptureOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    checkCapture(settings);
    this.#recording = new TrafficRecording({
      application: options.application,
      hasDatagrams: options.hasDatagrams,
      roleOf: options.roleOf,
      services: settings.services && new Set(settings.services),
      sink: this.#sink,
      now: wallClock(),
    });
    this.#leave = options.hub.add(this);
  }

  get settings(): CaptureSettings {
    return this.#settings;
  }

  /** Takes other limits. @returns false where more is different: that takes another capture */
  reconfigure(settings: CaptureSettings): boolean {
    const { file, services } = this.#settings;
    if (file !== settings.file || !Bun.deepEquals(services, settings.services)) return false;
    this.#settings = settings;
    return true;
  }

  /** Packets since the start. */
  get counts(): RecordingCounts {
    const { received, dropped } = this.#recording.counts;
    return { received: this.#before.received + received, dropped: this.#before.dropped + dropped };
  }

  problems(): Problem[] {
    const loss = this.#loss;
    if (loss === undefined) return [];
    const values = { file: this.settings.file, why: loss.why, dropped: this.counts.dropped };
    const text = `Cannot write the capture to ${values.file}: ${values.why}; ${values.dropped} packets have been left out so far`;
    return [problem("capture", text, values)];
  }

  get #loss(): Loss | undefined {
    const losses = [this.#file, ...this.#finishing.keys()].map((file) => file?.loss);
    return losses.find((loss) => loss !== undefined);
  }

  ratesFor(service: string): SampleRates {
    return this.#recording.ratesFor(service);
  }

  observe(event: TrafficEvent): void {
    if (this.#isDue()) this.#rotate();
    this.#recording.observe(event);
  }

  sampledOut(service: string, kind: unknown, count: number): void {
    this.#recording.sampledOut(service, kind, count);
  }

  /** The file is full or old. While the disk takes nothing there is no other one: that would be one more to write. */
  #isDue(): boolean {
    const file = this.#file;
    if (file === undefined || this.#finishing.size > 0 || file.loss !== undefined) return false;
    const { maxFileSize, maxFileTime } = this.settings;
    return file.size >= maxFileSize || this.#clock() - this.#openedAt >= maxFileTime;
  }

  /** Goes on in another file, if it can be opened. */
  #rotate(): void {
    const next = this.#tryOpen();
    if (next === undefined) return;
    if (this.#file !== undefined) this.#finish(this.#file);
    this.#use(next);
  }

  /** What comes next is in another file. @throws while the disk takes nothing: it would be one more to write */
  endFile(): void {
    if (this.#loss !== undefined) throw new Error(this.#loss.why);
    if (this.#file !== undefined) this.#finish(this.#file);
  }

  #finish(file: PacketFile): void {
    const finished = file.finish(this.#recording.statistics());
    this.#finishing.set(
      file,
      finished.then(() => this.#forget(file)),
    );
    this.#before = this.counts;
    this.#recording.startFile();
    this.#file = undefined;
  }

  /** All of it is written, or what is not counts as left out. */
  #forget(file: PacketFile): void {
    if (!this.#finishing.delete(file)) return;
    const { received, dropped } = this.#before;
    this.#before = { received, dropped: dropped + file.lostPackets };
  }

  #use(file: PacketFile): void {
    this.#file = file;
    this.#openedAt = this.#clock();
  }

  /** The file that is written. A new one is begun where there is none. */
  #current(): PacketFile | undefined {
    if (this.#file !== undefined) return this.#file;
    const file = this.#tryOpen();
    if (file !== undefined) this.#use(file);
    return file;
  }

  /** Undefined where it cannot be opened, which is tried again after a second. */
  #tryOpen(): PacketFile | undefined {
    const now = this.#clock();
    if (now - this.#failedAt < retryMs) return undefined;
    try {
      return this.#open();
    } catch (error) {
      this.#failedAt = now;
      if (now - this.#reportedAt >= reportMs) {
        this.#reportedAt = now;
        this.#options.report(
          `Cannot begin another file for the capture ${this.settings.file}: ${this.#why(error)}`,
        );
      }
      return undefined;
    }
  }

  #why(error: unknown): string {
    return describeFileError(this.settings.file, error, this.#options.writable);
  }

  #open(): PacketFile {
    const { report, maxWaiting = defaultMaxWaiting, write } = this.#options;
    const name = this.settings.file;
    return new PacketFile({
      ...{ fd: openNext(ringOf(this.settings)), name, maxWaiting },
      ...(write && { write }),
      onFailure: (why) =>
        report(
          `Cannot write the capture to ${name}: ${why}. Service goes on; packets that are left out are counted`,
        ),
    });
  }

  /** One that cannot be removed is left, and nothing else is different. */
  #removeEmpty(): void {
    const { file } = this.settings;
    try {
      rmSync(file, { force: true });
    } catch (error) {
      this.#options.report(
        `Cannot remove the capture ${file}, which has no packet: ${describeFileError(file, error)}`,
      );
    }
  }

  /** Ends the file, when what waits for it has been written or after a second. */
  async close(): Promise<void> {
    this.#leave();
    const { received } = this.#recording.counts;
    const last = this.#file;
    if (last !== undefined) this.#finish(last);
    await withTimeout(Promise.all(this.#finishing.values()), closeTimeoutMs);
    for (const file of this.#finishing.keys()) {
      file.abandon();
      this.#forget(file);
    }
    if (last !== undefined && received === 0) this.#removeEmpty();
  }
}
