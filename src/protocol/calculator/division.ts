import type { Quantity } from "../../core/operation.ts";
import { divisionByZero, finite, toDecimal } from "./arithmetic.ts";
import { nearestDecimal } from "./rounding.ts";

/** `/`: always a decimal, correctly rounded even where the integers are far beyond what a decimal holds. */
export function divide(x: Quantity, y: Quantity): number {
  if (typeof x === "bigint" && typeof y === "bigint") return divideIntegers(x, y);
  const dividend = toDecimal(x);
  const divisor = toDecimal(y);
  if (divisor === 0) throw divisionByZero();
  return finite(dividend / divisor);
}

const exactLimit = 2n ** 53n;
const isExact = (value: bigint) => value <= exactLimit && value >= -exactLimit;

function divideIntegers(x: bigint, y: bigint): number {
  if (y === 0n) throw divisionByZero();
  // Two exact decimals divide with one rounding; this also gives 0 / -5 its minus as Python does.
  if (isExact(x) && isExact(y)) return Number(x) / Number(y);
  const sign = x < 0n !== y < 0n ? -1 : 1;
  if (x === 0n) return sign * 0;
  return sign * nearestDecimal(x < 0n ? -x : x, y < 0n ? -y : y);
}

/** `//`: rounds toward minus infinity. */
export function floorDivide(x: Quantity, y: Quantity): Quantity {
  if (typeof x !== "bigint" || typeof y !== "bigint") {
    return finite(divideDecimals(toDecimal(x), toDecimal(y)).quotient);
  }
  if (y === 0n) throw divisionByZero();
  const quotient = x / y;
  return x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient;
}

/** `%`: takes the sign of the divisor. */
export function modulo(x: Quantity, y: Quantity): Quantity {
  if (typeof x !== "bigint" || typeof y !== "bigint") return divideDecimals(toDecimal(x), toDecimal(y)).rest;
  if (y === 0n) throw divisionByZero();
  const rest = x % y;
  return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest;
}

/** Quotient and rest that belong together: the rest, of the divisor's sign, is exact; the quotient is whole. */
function divideDecimals(x: number, y: number): { quotient: number; rest: number } {
  if (y === 0) throw divisionByZero();
  const truncated = x % y;
  // x - truncated is a multiple of y but for rounding, which the nearest integer repairs.
  const whole = (x - truncated) / y;
  if (truncated === 0) return { quotient: nearestInteger(whole, x / y), rest: y < 0 ? -0 : 0 };
  if (truncated < 0 === y < 0) return { quotient: nearestInteger(whole, x / y), rest: truncated };
  return { quotient: nearestInteger(whole - 1, x / y), rest: truncated + y };
}

/** A quotient of zero keeps the sign of the exact one. */
function nearestInteger(value: number, exact: number): number {
  if (value === 0) return exact < 0 || Object.is(exact, -0) ? -0 : 0;
  const floor = Math.floor(value);
  return value - floor > 0.5 ? floor + 1 : floor;
}
