import { type Problem, problem } from "../core/problem.ts";
import { type Loss, QueuedWriter } from "./queued-writer.ts";

/** Lines, each with its end. Where some are lost, a line with their count takes their place. */
export class LineWriter extends QueuedWriter<string> {
  /** What stands where `lost` lines are missing; set by whoever knows the lines' format. */
  gapLine = (lost: number, why: string): string => `${lost} lines were lost here: ${why}\n`;

  /** Undefined while lines can be written. */
  get problem(): Problem | undefined {
    if (this.loss === undefined) return undefined;
    const values = { name: this.name, ...this.loss };
    const text = `Cannot write to ${values.name}: ${values.why}; ${values.lost} lines have been lost so far`;
    return problem("log", text, values);
  }

  protected sizeOf(line: string): number {
    return Buffer.byteLength(line);
  }

  protected join(lines: readonly string[]): Uint8Array {
    return Buffer.from(lines.join(""));
  }

  protected gap({ lost, why }: Loss): string {
    return this.gapLine(lost, why);
  }
}
