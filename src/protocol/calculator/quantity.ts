import type { Quantity } from "../../core/operation.ts";
import { asciiDigits, trimSpace } from "./digits.ts";

/** As many digits as Python reads and prints in one number; what is longer is invalid input. */
export const maxOperandDigits = 4300;

// Digits with single underscores between them, as Python writes 1_000.
const integerShape = /^[+-]?\d+(?:_\d+)*$/;
const decimalShape = /^[+-]?(?:\d+(?:_\d+)*\.(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)$/;
// As Python prints a decimal: one digit before the point, a sign and two digits or more in the exponent.
const exponentShape = /^-?\d(?:\.\d+)?e[+-]\d{2,}$/;

/**
 * An operand as a person types it: what Python's `int()` reads (`5`, ` +7 `, `1_000`, `007`, digits of any
 * script) is an exact integer, and a number with a point (`1.5`, `.5`, `5.`) is a decimal.
 * Of exponents only those are read that `formatQuantity` writes (`1.5e+17`, `1e-05`): a result is an operand, too.
 * Other exponents, hexadecimal, `nan`, `inf`, nothing at all, and more than 4300 digits are not operands.
 */
export function parseOperand(text: string): Quantity | undefined {
  // Most operands are a few plain digits. Nothing else needs the care below.
  if (/^-?\d{1,15}$/.test(text)) return BigInt(text);
  // A digit of another script may take two characters, and an underscore may follow it. Measured before anything
  // is converted: that would cost more the longer the text is.
  if (text.length > 3 * maxOperandDigits) return undefined;
  const plain = asciiDigits(trimSpace(text));
  if (integerShape.test(plain)) return parseInteger(plain.replaceAll("_", ""));
  if (decimalShape.test(plain)) return parseDecimal(plain.replaceAll("_", ""));
  if (exponentShape.test(plain)) return parseDecimal(plain);
  return undefined;
}

function parseInteger(text: string): bigint | undefined {
  const isSigned = text.startsWith("-") || text.startsWith("+");
  const digits = isSigned ? text.slice(1) : text;
  if (digits.length > maxOperandDigits) return undefined;
  return text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
}

function parseDecimal(text: string): number | undefined {
  if (text.length > maxOperandDigits) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * A quantity as Python prints it: an integer as its digits, a decimal always with its point or exponent:
 * `5.0`, `0.1`, `1e+16`, `1e-05`, `-0.0`.
 */
export function formatQuantity(quantity: Quantity): string {
  if (typeof quantity === "bigint") return quantity.toString();
  return formatDecimal(quantity);
}

function formatDecimal(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= 1e16 || magnitude < 1e-4)) return padExponent(value.toExponential());
  const text = String(value);
  return Number.isInteger(value) ? `${text}.0` : text;
}

/** Python writes at least two digits of exponent: `1e-5` is `1e-05`. */
function padExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
