import type { Quantity } from "../../core/operation.ts";
import { divisionByZero, finite, toDecimal } from "./arithmetic.ts";
import { type Effort, wordsOf } from "./effort.ts";
import { nearestDecimal } from "./rounding.ts";

/** `/`: always a decimal, correctly rounded even for integers far larger than a decimal can hold. */
export function divide(x: Quantity, y: Quantity, effort: Effort): number {
  if (typeof x === "bigint" && typeof y === "bigint") return divideIntegers(x, y, effort);
  const dividend = toDecimal(x);
  const divisor = toDecimal(y);
  if (divisor === 0) throw divisionByZero();
  return finite(dividend / divisor);
}

const exactLimit = 2n ** 53n;
const isExact = (value: bigint) => value <= exactLimit && value >= -exactLimit;

function divideIntegers(x: bigint, y: bigint, effort: Effort): number {
  if (y === 0n) throw divisionByZero();
  // A division of two exact decimals rounds once; it also gives -0 for 0 / -5, as Python does.
  if (isExact(x) && isExact(y)) return Number(x) / Number(y);
  // The quotient is short; what costs is to find the lengths, and to move the bits.
  effort.charge(100 * (wordsOf(x) + wordsOf(y)), "quotient", x, y);
  const sign = x < 0n !== y < 0n ? -1 : 1;
  if (x === 0n) return sign * 0;
  return sign * nearestDecimal(x < 0n ? -x : x, y < 0n ? -y : y);
}

/** `//`: rounds toward minus infinity. */
export function floorDivide(x: Quantity, y: Quantity, effort: Effort): Quantity {
  if (typeof x !== "bigint" || typeof y !== "bigint") {
    return finite(divideDecimals(toDecimal(x), toDecimal(y)).quotient);
  }
  if (y === 0n) throw divisionByZero();
  chargeDivision(x, y, effort);
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

/** `%`: takes the sign of the divisor. */
export function modulo(x: Quantity, y: Quantity, effort: Effort): Quantity {
  if (typeof x !== "bigint" || typeof y !== "bigint")
    return divideDecimals(toDecimal(x), toDecimal(y)).remainder;
  if (y === 0n) throw divisionByZero();
  chargeDivision(x, y, effort);
  const remainder = x % y;
  return remainder !== 0n && remainder < 0n !== y < 0n ? remainder + y : remainder;
}

/** Twice the long division: quotient and remainder. Its steps are slower than those of a product. */
function chargeDivision(x: bigint, y: bigint, effort: Effort): void {
  const [dividend, divisor] = [wordsOf(x), wordsOf(y)];
  effort.charge(4 * Math.max(1, dividend - divisor + 1) * divisor, "division", x, y);
}

/** The whole quotient and the exact remainder, which has the divisor's sign. */
function divideDecimals(x: number, y: number): { quotient: number; remainder: number } {
  if (y === 0) throw divisionByZero();
  const truncated = x % y;
  // x - truncated is a multiple of y except for rounding errors, which nearestInteger removes.
  const whole = (x - truncated) / y;
  if (truncated === 0) return { quotient: nearestInteger(whole, x / y), remainder: y < 0 ? -0 : 0 };
  if (truncated < 0 === y < 0) return { quotient: nearestInteger(whole, x / y), remainder: truncated };
  return { quotient: nearestInteger(whole - 1, x / y), remainder: truncated + y };
}

/** A zero gets the sign of the exact quotient. */
function nearestInteger(value: number, exact: number): number {
  if (value === 0) return exact < 0 || Object.is(exact, -0) ? -0 : 0;
  const floor = Math.floor(value);
  return value - floor > 0.5 ? floor + 1 : floor;
}
