import { expect, onTestFinished } from "bun:test";
import { expectHealthy } from "./health.ts";
import type { Lab } from "./lab.ts";

/** How many bytes the server's memory may grow by during an attack. */
export const maxGrowth = 200_000_000;

/** Watches a lab's memory and log during an attack on some of its services, from its construction to the test's end. */
export class AttackMonitor {
  readonly #lab: Lab;
  readonly #attacked: readonly string[];
  readonly #before: number;
  readonly #complaintsBefore: number;
  #growth = 0;

  constructor(lab: Lab, ...attacked: readonly string[]) {
    this.#lab = lab;
    this.#attacked = attacked;
    this.#before = lab.rss();
    this.#complaintsBefore = lab.complaints().length;
    const timer = setInterval(() => this.#measure(), 20);
    onTestFinished(() => clearInterval(timer));
  }

  /**
   * Expects that the process runs, that its memory is within the bound, that a healthy client of each attacked service
   * is served, and that the log has no new warnings but these. Can be called during the attack, too.
   */
  async expectSurvived(warnings: readonly string[] = []): Promise<void> {
    expect(this.#lab.program.isRunning).toBe(true);
    await expectHealthy(this.#lab, this.#attacked);
    this.#measure();
    expect(this.#growth).toBeLessThan(maxGrowth);
    expect(this.#lab.complaints().slice(this.#complaintsBefore)).toEqual([...warnings]);
  }

  #measure(): void {
    if (this.#lab.program.isRunning) this.#growth = Math.max(this.#growth, this.#lab.rss() - this.#before);
  }
}
