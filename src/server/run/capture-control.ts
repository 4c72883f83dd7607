import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import { TrafficCapture, type TrafficCaptureOptions } from "../../observe/traffic-capture.ts";
import type { RecordingCounts } from "../../observe/traffic-recording.ts";
import type { Settings } from "../config/schema.ts";

type CaptureSettings = NonNullable<Settings["capture"]>;

export interface CaptureControlOptions
  extends Pick<TrafficCaptureOptions, "hub" | "application" | "hasDatagrams"> {
  readonly log: Logger;
}

/** The capture that the settings ask for, while they ask for one. */
export class CaptureControl {
  readonly #options: CaptureControlOptions;
  #running: TrafficCapture | undefined;
  /** Of captures that have ended. */
  #before: RecordingCounts = { received: 0, dropped: 0 };

  constructor(options: CaptureControlOptions) {
    this.#options = options;
  }

  /** Packets since distsrv started; undefined: it has captured nothing. */
  get counts(): RecordingCounts | undefined {
    const { received, dropped } = this.#running?.counts ?? { received: 0, dropped: 0 };
    const sum = { received: this.#before.received + received, dropped: this.#before.dropped + dropped };
    return this.#running === undefined && sum.received + sum.dropped === 0 ? undefined : sum;
  }

  problems(): Problem[] {
    return this.#running?.problems() ?? [];
  }

  /**
   * Captures as these settings say, or no more.
   * @throws {Error} with a sentence when the file cannot be opened: then everything is as it was
   */
  set(settings: CaptureSettings | undefined): void {
    const next = settings && this.#start(settings);
    void this.#end();
    this.#running = next;
    if (next !== undefined)
      this.#options.log.info(`Captures what the services receive and send to ${next.settings.file}`);
  }

  /** @returns whether there is a file @throws when another one cannot be opened */
  startFile(): boolean {
    this.#running?.startFile();
    return this.#running !== undefined;
  }

  /** @param keepsEmpty whether a file without packets stays */
  async close(keepsEmpty = true): Promise<void> {
    await this.#end(keepsEmpty);
  }

  #start(settings: CaptureSettings): TrafficCapture {
    const { log, ...options } = this.#options;
    try {
      return new TrafficCapture(settings, { ...options, report: (problem) => log.error(problem) });
    } catch (error) {
      throw new Error(`Cannot write the capture to ${settings.file}: ${describeError(error)}`);
    }
  }

  async #end(keepsEmpty = true): Promise<void> {
    const ended = this.#running;
    if (ended === undefined) return;
    this.#running = undefined;
    const { received, dropped } = ended.counts;
    this.#before = { received: this.#before.received + received, dropped: this.#before.dropped + dropped };
    await ended.close(keepsEmpty);
    const left = dropped === 0 ? "" : `; ${dropped} were left out`;
    this.#options.log.info(
      `The capture in ${ended.settings.file} has ended after ${received} packets${left}`,
    );
  }
}
