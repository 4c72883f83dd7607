import { expect, onTestFinished, test } from "bun:test";
import { expectHealthy } from "./health.ts";
import type { Lab } from "./lab.ts";
import { until } from "./until.ts";

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
   * is served, and that the log has no new warnings. Can be called during the attack, too.
   * @param told warnings that the attack is worth
   */
  async expectSurvived(told?: RegExp): Promise<void> {
    expect(this.#lab.program.isRunning).toBe(true);
    await expectHealthy(this.#lab, this.#attacked);
    this.#measure();
    expect(this.#growth).toBeLessThan(maxGrowth);
    const complaints = this.#lab.complaints().slice(this.#complaintsBefore);
    expect(complaints.filter((line) => told?.test(line) !== true)).toEqual([]);
  }

  #measure(): void {
    if (this.#lab.program.isRunning) this.#growth = Math.max(this.#growth, this.#lab.rss() - this.#before);
  }
}

/** Threads and libraries open some of their own when they first need them. An attack has more connections than that. */
const ownDescriptors = 10;

/** The last test of a file: when all who have attacked are gone, so are their descriptors. */
export function testDescriptorsAreBack(lab: Lab): void {
  const before = lab.descriptors();
  test("the descriptors of all who have attacked are given back", async () => {
    await until(() => lab.descriptors() <= before + ownDescriptors).catch((error: unknown) => {
      throw new Error(`there were ${before}, and now there are:\n${lab.openFiles().join("\n")}`, {
        cause: error,
      });
    });
  });
}
