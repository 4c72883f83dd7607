import { OperationError, type Quantity } from "../../core/operation.ts";
import { bitLength, bounded, divisionByZero, finite, maxBits, toDecimal, tooLarge } from "./arithmetic.ts";
import type { Effort } from "./effort.ts";
import { nearestDecimal, splitDecimal } from "./rounding.ts";

/** `^` and `**`: exact for integers with a non-negative exponent, otherwise a decimal. */
export function power(base: Quantity, exponent: Quantity, effort: Effort): Quantity {
  if (typeof base === "bigint" && typeof exponent === "bigint" && exponent >= 0n) {
    return powerOfIntegers(base, exponent, effort);
  }
  return powerOfDecimals(toDecimal(base), toDecimal(exponent), effort);
}

function powerOfIntegers(base: bigint, exponent: bigint, effort: Effort): bigint {
  if (base === 0n || base === 1n) return exponent === 0n ? 1n : base;
  if (base === -1n) return (exponent & 1n) === 0n ? 1n : -1n;
  const bits = bitLength(base);
  // Checked before anything is computed: the power has at least this many bits.
  if (exponent > maxBits || (bits - 1) * Number(exponent) > maxBits) throw tooLarge();
  // All squarings together cost about as much as a product of the power's length.
  effort.charge(((bits * Number(exponent)) / 64) ** 2, "power", base, exponent);
  return bounded(base ** exponent);
}

function powerOfDecimals(base: number, exponent: number, effort: Effort): number {
  if (base === 0 && exponent < 0) throw divisionByZero();
  if (base === 0 || base === 1 || exponent === 0) return base ** exponent;
  if (Number.isInteger(exponent)) return wholePower(base, exponent, effort);
  if (base < 0) {
    throw new OperationError("not-finite", "Result is not a real number: a root of a negative number");
  }
  return finite(base ** exponent);
}

function wholePower(base: number, exponent: number, effort: Effort): number {
  const isNegative = base < 0 && exponent % 2 !== 0;
  const magnitude = wholePowerOfPositive(Math.abs(base), exponent, effort);
  return isNegative ? -magnitude : magnitude;
}

/**
 * JavaScriptCore computes whole powers by repeated multiplication and accumulates rounding errors (1e16 ** 5 gives
 * 1.0000000000000001e+80), so this takes the same steps with 192 bits and rounds once.
 */
function wholePowerOfPositive(base: number, exponent: number, effort: Effort): number {
  // With such an exponent any other base is out of range or zero anyway.
  if (base === 1 || Math.abs(exponent) > 2 ** 64) return finite(base ** exponent);
  effort.charge(2000 * Math.log2(Math.abs(exponent) + 1), "power");
  let square: Scaled = splitDecimal(base);
  let result: Scaled = { mantissa: 1n, exponent: 0 };
  for (let rest = BigInt(Math.abs(exponent)); rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = multiplyScaled(result, square);
    square = multiplyScaled(square, square);
  }
  return exponent > 0
    ? nearestDecimal(result.mantissa, 1n, result.exponent)
    : nearestDecimal(1n, result.mantissa, -result.exponent);
}

/** `mantissa * 2^exponent`. */
interface Scaled {
  readonly mantissa: bigint;
  readonly exponent: number;
}

function multiplyScaled(x: Scaled, y: Scaled): Scaled {
  const mantissa = x.mantissa * y.mantissa;
  const exponent = x.exponent + y.exponent;
  const surplus = Math.max(0, bitLength(mantissa) - 192);
  return { mantissa: mantissa >> BigInt(surplus), exponent: exponent + surplus };
}
