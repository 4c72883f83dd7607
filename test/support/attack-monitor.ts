import { expect, onTestFinished } from "bun:test";
import { expectHealthy } from "./health.ts";
import type { Lab } from "./lab.ts";

/** What an attack may make the whole server grow by, at its worst moment. */
export const maxGrowth = 200_000_000;

/** One attack on a lab: watches its memory from the start of the test on. */
export class AttackMonitor {
  readonly #lab: Lab;
  readonly #before: number;
  readonly #complaintsBefore: number;
  #most = 0;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.#before = lab.rss();
    this.#complaintsBefore = lab.complaints().length;
    const watch = setInterval(() => this.#measure(), 20);
    onTestFinished(() => clearInterval(watch));
  }

  /**
   * After the attack, or in its middle: the process lives, its memory has not grown beyond the bound, a healthy
   * client of each service is served promptly, and the log does not complain.
   */
  async expectSurvived(): Promise<void> {
    expect(this.#lab.program.isRunning).toBe(true);
    await expectHealthy(this.#lab);
    this.#measure();
    expect(this.#most).toBeLessThan(maxGrowth);
    expect(this.#lab.complaints().slice(this.#complaintsBefore)).toEqual([]);
  }

  #measure(): void {
    if (this.#lab.program.isRunning) this.#most = Math.max(this.#most, this.#lab.rss() - this.#before);
  }
}
