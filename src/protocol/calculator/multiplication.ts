import type { Quantity } from "../../core/operation.ts";
import { bounded, finite, toDecimal } from "./arithmetic.ts";
import { type Effort, wordsOf } from "./effort.ts";

export function multiply(x: Quantity, y: Quantity, effort: Effort): Quantity {
  if (typeof x === "bigint" && typeof y === "bigint") {
    effort.charge(wordsOf(x) * wordsOf(y), "product", x, y);
    // Both factors are bounded, so even a product that is too large has at most twice the digits.
    return bounded(x * y);
  }
  return finite(toDecimal(x) * toDecimal(y));
}
