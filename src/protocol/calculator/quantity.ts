import type { Quantity } from "../../core/operation.ts";
import type { JsonValue } from "../json/value.ts";

/** Python's limit of digits in one number; a longer one is invalid input. */
export const maxOperandDigits = 4300;

// Digits with single underscores between them, as Python writes 1_000.
const integerShape = /^[+-]?\d+(?:_\d+)*$/;
const decimalShape = /^[+-]?(?:\d+(?:_\d+)*\.(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)$/;
// As Python prints a decimal: one digit before the point, a sign and two digits or more in the exponent.
const exponentShape = /^-?\d(?:\.\d+)?e[+-]\d{2,}$/;

/**
 * An operand as a person types it: what Python's `int()` reads (`5`, ` +7 `, `1_000`, `007`, digits of any
 * script) is an exact integer, and a number with a point (`1.5`, `.5`, `5.`) is a decimal.
 * Exponents are read only as `formatQuantity` writes them (`1.5e+17`, `1e-05`), so that a result can be an operand.
 * Other exponents, hexadecimal, `nan`, `inf`, nothing at all, and more than 4300 digits are not operands.
 */
export function parseOperand(text: string): Quantity | undefined {
  // Fast path: most operands are a few plain digits.
  if (/^-?\d{1,15}$/.test(text)) return BigInt(text);
  // A digit of another script may take two characters, and an underscore may follow it. Checked before the text is
  // converted, because that takes longer the longer it is.
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

const operandLimit = 10n ** BigInt(maxOperandDigits);
const lowestOperand = -operandLimit;

/**
 * An operand in a JSON request: a number (`5` is an integer, `5.0` and `5e0` are decimals), or a string as
 * `parseOperand` reads it, for clients whose numbers cannot hold large integers.
 */
export function operandFromJson(value: JsonValue | undefined): Quantity | undefined {
  switch (typeof value) {
    case "bigint":
      return value < operandLimit && value > lowestOperand ? value : undefined;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "string":
      return parseOperand(value);
    default:
      return undefined;
  }
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

/** What Python's `str.strip()` removes; JavaScript's `trim` differs in the C0 separators and U+FEFF. */
const pythonSpace = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const leadingSpace = new RegExp(`^${pythonSpace}+`);
const notSpace = new RegExp(`(?!${pythonSpace})[^]`);

function trimSpace(text: string): string {
  const start = text.replace(leadingSpace, "");
  // A loop from the end: a pattern anchored there would try every run of spaces in the middle.
  let end = start.length;
  while (end > 0 && !notSpace.test(start.charAt(end - 1))) end--;
  return start.slice(0, end);
}

/** Replaces the decimal digits of every script by 0 to 9: Arabic `٣` is `3`. */
function asciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => String(digitValue(digit.codePointAt(0) ?? 0)));
}

const isDigit = /^\p{Nd}$/u;

/** The values of the digits that were asked for so far: Unicode has a few hundred of them. */
const digitValues = new Map<number, number>();

function digitValue(codePoint: number): number {
  const known = digitValues.get(codePoint);
  if (known !== undefined) return known;
  // Unicode places the digits 0 to 9 of a script side by side, and these sets never overlap.
  let start = codePoint;
  while (isDigit.test(String.fromCodePoint(start - 1))) start--;
  const value = (codePoint - start) % 10;
  digitValues.set(codePoint, value);
  return value;
}
