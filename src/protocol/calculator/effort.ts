import { OperationError } from "../../core/operation.ts";
import { bitLength } from "./arithmetic.ts";

/**
 * The most that one evaluation may cost, in steps on words of 64 bits. A step takes about a nanosecond, so whatever the
 * operands are, other clients wait 5 ms at most.
 */
export const maxSteps = 4_000_000;

const smallLimit = 2n ** 63n;

/** How many words an integer takes. */
export function wordsOf(value: bigint): number {
  // Fast path: nearly all operands.
  if (value < smallLimit && value > -smallLimit) return 1;
  return Math.ceil(bitLength(value) / 64);
}

/** Adds up what an evaluation costs. Each long step is charged before it is taken. */
export class Effort {
  #steps = 0;

  get steps(): number {
    return this.#steps;
  }

  /**
   * @param what the work that comes next, for the error, e.g. `gcd of integers`
   * @param integers its operands
   * @throws {OperationError} when the evaluation would cost more than `maxSteps`
   */
  charge(steps: number, what: string, ...integers: readonly bigint[]): void {
    this.#steps += steps;
    if (this.#steps <= maxSteps) return;
    const digits = integers.map((integer) => String(integer).replace("-", "").length).join(" and ");
    const size = integers.length === 0 ? "" : ` of integers with ${digits} digits`;
    throw new OperationError(
      "too-large",
      `Too much to compute: with the ${what}${size} the expression takes ${millions(this.#steps)} million steps, and may take ${millions(maxSteps)} million`,
    );
  }
}

function millions(steps: number): string {
  return (steps / 1_000_000).toFixed(1);
}
