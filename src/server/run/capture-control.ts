import { describeError } from "../../core/errors.ts";
import { describeFileError } from "../../core/file-error.ts";
import type { Logger } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import { checkCapture, TrafficCapture, type TrafficCaptureOptions } from "../../observe/traffic-capture.ts";
import type { RecordingCounts } from "../../observe/traffic-recording.ts";
import type { Settings } from "../config/schema.ts";
import type { CaptureLocks } from "./capture-locks.ts";

type CaptureSettings = NonNullable<Settings["capture"]>;

export interface CaptureControlOptions
  extends Pick<TrafficCaptureOptions, "hub" | "application" | "hasDatagrams" | "roleOf" | "writable"> {
  readonly log: Logger;
  readonly locks: CaptureLocks;
}

/**
 * Whether a file can be made where the settings ask for captures.
 * @param writable the folder that distsrv is known to be allowed to write to
 * @returns why not, in the words of a start
 */
export function whyNoCapture(settings: CaptureSettings, writable?: string): string | undefined {
  try {
    checkCapture(settings);
    return undefined;
  } catch (error) {
    return captureError(settings, error, writable).message;
  }
}

const captureError = ({ file }: CaptureSettings, cause: unknown, writable: string | undefined): Error =>
  new Error(`Cannot write the capture to ${file}: ${describeFileError(file, cause, writable)}`);

/** The capture that the settings ask for, while they ask for one. */
export class CaptureControl {
  readonly #options: CaptureControlOptions;
  #running: TrafficCapture | undefined;
  /** Each gives back what it has taken for itself alone. */
  readonly #unlock = new Map<TrafficCapture, () => void>();
  /** Captures that still write what they have, until each has ended. */
  readonly #ending = new Map<TrafficCapture, Promise<void>>();
  /** Of captures that have ended. */
  #before: RecordingCounts = { received: 0, dropped: 0 };

  constructor(options: CaptureControlOptions) {
    this.#options = options;
  }

  /** Packets since distsrv started; undefined: it has captured nothing. */
  get counts(): RecordingCounts | undefined {
    const all = [...this.#ending.keys(), ...(this.#running === undefined ? [] : [this.#running])];
    const counts = all.map((capture) => capture.counts).reduce(sum, this.#before);
    return this.#running === undefined && counts.received + counts.dropped === 0 ? undefined : counts;
  }

  problems(): Problem[] {
    return this.#running?.problems() ?? [];
  }

  /**
   * Captures as these settings say, or no more. What is so already is not touched.
   * @throws {Error} with a sentence when no file can be made there: then everything is as it was
   */
  set(settings: CaptureSettings | undefined): void {
    const running = this.#running;
    if (Bun.deepEquals(settings, running?.settings)) return;
    if (settings !== undefined && running?.reconfigure(settings) === true) return;
    const next = settings && this.#start(settings);
    if (running !== undefined) this.#end(running);
    this.#running = next;
    if (next === undefined) return;
    const { log } = this.#options;
    log.info(
      `Captures what the services receive and send to ${next.settings.file}, from the first packet on`,
    );
  }

  /** What comes next is in another file. @returns whether there is a capture @throws while the disk takes nothing */
  startFile(): boolean {
    this.#running?.endFile();
    return this.#running !== undefined;
  }

  async close(): Promise<void> {
    if (this.#running !== undefined) this.#end(this.#running);
    this.#running = undefined;
    await Promise.all(this.#ending.values());
  }

  #start(settings: CaptureSettings): TrafficCapture {
    const { log, locks, ...options } = this.#options;
    let unlock = () => {};
    try {
      checkCapture(settings);
      unlock = locks.take(settings.file);
      const capture = new TrafficCapture(settings, { ...options, report: (problem) => log.error(problem) });
      this.#unlock.set(capture, unlock);
      return capture;
    } catch (error) {
      unlock();
      throw captureError(settings, error, options.writable);
    }
  }

  #end(capture: TrafficCapture): void {
    const ended = capture.close().then(
      () => {
        const { log } = this.#options;
        log.info(`The capture to ${capture.settings.file} has ended after ${this.#forget(capture)}`);
      },
      (error) => {
        const { log } = this.#options;
        const after = this.#forget(capture);
        log.error(
          `The capture to ${capture.settings.file} did not end well after ${after}: ${describeError(error)}`,
        );
      },
    );
    this.#ending.set(capture, ended);
  }

  /** @returns what it was, in a few words */
  #forget(capture: TrafficCapture): string {
    this.#ending.delete(capture);
    this.#unlock.get(capture)?.();
    this.#unlock.delete(capture);
    const { received, dropped } = capture.counts;
    this.#before = sum(this.#before, { received, dropped });
    return dropped === 0 ? `${received} packets` : `${received} packets; ${dropped} were left out`;
  }
}

const sum = (one: RecordingCounts, other: RecordingCounts): RecordingCounts => ({
  received: one.received + other.received,
  dropped: one.dropped + other.dropped,
});
