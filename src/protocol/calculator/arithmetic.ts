import { OperationError, type Quantity } from "../../core/operation.ts";

/**
 * The most digits that a result, or an intermediate result, may have: the product of two of the longest operands fits.
 * One step at this size costs well under a millisecond.
 */
export const maxDigits = 10_000;
export const maxBits = Math.floor(maxDigits * Math.log2(10));
const integerLimit = 10n ** BigInt(maxDigits);
/** A constant: to negate the other one takes longer than most operations. */
const lowestInteger = -integerLimit;

export const tooLarge = () =>
  new OperationError("too-large", `Result is too large: it has more than ${maxDigits} digits`);
export const divisionByZero = () => new OperationError("division-by-zero", "Division by zero");
export const notFinite = () =>
  new OperationError("not-finite", "Result is not a finite number: it is outside what a decimal can hold");

/** @returns the integer. @throws {OperationError} when it has too many digits */
export function bounded(value: bigint): bigint {
  if (value >= integerLimit || value <= lowestInteger) throw tooLarge();
  return value;
}

/** @returns the decimal. @throws {OperationError} for an infinity or NaN */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw notFinite();
  return value;
}

/** As Python turns an integer into a float beside one: rounded to the nearest, an error when out of range. */
export function toDecimal(value: Quantity): number {
  return typeof value === "number" ? value : finite(Number(value));
}

export function add(x: Quantity, y: Quantity): Quantity {
  if (typeof x === "bigint" && typeof y === "bigint") return bounded(x + y);
  return finite(toDecimal(x) + toDecimal(y));
}

export function subtract(x: Quantity, y: Quantity): Quantity {
  if (typeof x === "bigint" && typeof y === "bigint") return bounded(x - y);
  return finite(toDecimal(x) - toDecimal(y));
}

export function negate(x: Quantity): Quantity {
  return -x;
}

/** How many bits the magnitude of an integer takes; 0 for 0. */
export function bitLength(value: bigint): number {
  const hex = (value < 0n ? -value : value).toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)));
}
