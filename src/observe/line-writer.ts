import { type Problem, problem } from "../core/problem.ts";
import { type ItemQueue, type Loss, QueuedWriter, type QueuedWriterOptions } from "./queued-writer.ts";

/** Lines that wait are written together, up to about this many bytes at once. */
const maxChunk = 64 * 1024;

class LineQueue implements ItemQueue<string> {
  readonly #lines: string[] = [];

  sizeOf(line: string): number {
    return Buffer.byteLength(line);
  }

  push(line: string): void {
    this.#lines.push(line);
  }

  take(): Uint8Array | undefined {
    if (this.#lines.length === 0) return undefined;
    let [count, size] = [0, 0];
    while (count < this.#lines.length && size < maxChunk) size += this.sizeOf(this.#lines[count++] ?? "");
    return Buffer.from(this.#lines.splice(0, count).join(""));
  }

  release(): void {}
}

/** Lines, each with its end. Where some are lost, a line with their count takes their place. */
export class LineWriter extends QueuedWriter<string> {
  /** What stands where `lost` lines are missing; set by whoever knows the lines' format. */
  gapLine = (lost: number, why: string): string => `${lost} lines were lost here: ${why}\n`;

  constructor(options: QueuedWriterOptions) {
    super(options, new LineQueue());
  }

  /** Undefined while lines can be written. */
  get problem(): Problem | undefined {
    if (this.loss === undefined) return undefined;
    const values = { name: this.name, ...this.loss };
    const text = `Cannot write to ${values.name}: ${values.why}; ${values.lost} lines have been lost so far`;
    return problem("log", text, values);
  }

  protected gap({ lost, why }: Loss): string {
    return this.gapLine(lost, why);
  }
}
