import { bitLength, notFinite } from "./arithmetic.ts";

const mantissaBits = 53;
const minExponent = -1074;

/**
 * The decimal nearest to `numerator / denominator * 2^exponent`, both positive: rounded once, half to even, at
 * the last bit of a decimal of that size (subnormal numbers have fewer bits).
 * @throws {OperationError} when it is too large for a decimal
 */
export function nearestDecimal(numerator: bigint, denominator: bigint, exponent = 0): number {
  // The value lies between 2^(magnitude - 1) and 2^(magnitude + 1).
  const magnitude = bitLength(numerator) - bitLength(denominator) + exponent;
  if (magnitude > 1025) throw notFinite();
  if (magnitude < minExponent - 2) return 0;
  // In units two bits finer than the result; a remainder sets the last bit (sticky bit).
  const unit = Math.max(magnitude - mantissaBits, minExponent) - 2;
  const shift = unit - exponent;
  const dividend = shift < 0 ? numerator << BigInt(-shift) : numerator;
  const divisor = shift > 0 ? denominator << BigInt(shift) : denominator;
  let units = dividend / divisor;
  if (units * divisor !== dividend) units |= 1n;
  const surplus = Math.max(bitLength(units) - mantissaBits, minExponent - unit);
  const result = Number(roundShift(units, surplus)) * 2 ** (unit + surplus);
  if (result === Number.POSITIVE_INFINITY) throw notFinite();
  return result;
}

/** `value / 2^bits`, rounded half to even. */
function roundShift(value: bigint, bits: number): bigint {
  const width = BigInt(bits);
  const half = 1n << (width - 1n);
  const floor = value >> width;
  const rest = value - (floor << width);
  const up = rest > half || (rest === half && (floor & 1n) === 1n);
  return up ? floor + 1n : floor;
}

const view = new DataView(new ArrayBuffer(8));

/** A positive decimal as `mantissa * 2^exponent`, exactly. */
export function splitDecimal(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const biased = Number(bits >> 52n);
  if (biased === 0) return { mantissa: fraction, exponent: minExponent };
  return { mantissa: fraction | (1n << 52n), exponent: biased - 1 + minExponent };
}
