import type { Quantity } from "../../core/operation.ts";
import { formatQuantity, parseOperand } from "../calculator/quantity.ts";
import { readShortInteger } from "../calculator/short-integers.ts";

/** The two types of XML Schema that operands and results have. */
export type NumberType = "integer" | "decimal";

// XML Schema Part 2 §3.3.13 and §3.2.3, with the white space that it collapses. Scientific notation is neither.
const shapes: Readonly<Record<NumberType, RegExp>> = {
  integer: /^[ \t\r\n]*[+-]?[0-9]+[ \t\r\n]*$/,
  decimal: /^[ \t\r\n]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[ \t\r\n]*$/,
};

/** @returns undefined when the text is not of the type, or has more digits than an operand may */
export function parseXsNumber(text: string, type: NumberType): Quantity | undefined {
  const short = readShortInteger(text);
  if (!Number.isNaN(short)) return BigInt(short);
  return shapes[type].test(text) ? parseOperand(text) : undefined;
}

/** A quantity as `xs:decimal` allows it: never with an exponent. */
export function formatXsNumber(quantity: Quantity): string {
  const text = formatQuantity(quantity);
  const scientific = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (scientific === null) return text;
  const [, sign, whole = "", fraction = "", exponent] = scientific;
  return `${sign}${shift(whole + fraction, Number(exponent) + 1)}`;
}

/** Puts the point behind the first `places` digits; a negative number adds zeros in front. */
function shift(digits: string, places: number): string {
  if (places <= 0) return `0.${"0".repeat(-places)}${digits}`;
  if (digits.length <= places) return `${digits}${"0".repeat(places - digits.length)}.0`;
  return `${digits.slice(0, places)}.${digits.slice(places)}`;
}
