import { formatQuantity, parseOperand } from "../../protocol/calculator/quantity.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { roundMs } from "../../protocol/text/units.ts";
import type { CommandContext } from "../program/command-context.ts";

/** An operation and the result that a server gave for it. */
export interface Calculation {
  readonly operation: string;
  /** As they were typed. */
  readonly operands: readonly string[];
  readonly result: JsonValue;
  readonly ms: number;
}

/** `add(10,5)`, the operands as they were typed. */
export const callText = (operation: string, operands: readonly string[]) =>
  `${operation}(${operands.join(",")})`;

/** Prints `add(10,5) = 15`, as the original client does; with `--quiet` only `15`. */
export function showCalculation(
  context: CommandContext,
  { operation, operands, result, ms }: Calculation,
): void {
  const value = typeof result === "string" ? result : writeJson(result);
  const written = isScalar(result) ? JSON.rawJSON(writeJson(result)) : writeJson(result);
  const text = context.quiet ? value : `${callText(operation, operands)} = ${value}`;
  context.result(text, calculationFields({ operation, operands, ms }, written));
}

/** A calculation for `--json`, the same for every protocol. @param result as it is to be written */
export function calculationFields(
  { operation, operands, ms }: Omit<Calculation, "result">,
  result: unknown,
): object {
  return { operation, operands: operands.map(exactNumber), result, ms: roundMs(ms) };
}

/** An operand, or a result that came as text, as a number with all its digits, or as text if it is no number. */
export function exactNumber(text: string): unknown {
  const quantity = parseOperand(text);
  return quantity === undefined ? text : JSON.rawJSON(formatQuantity(quantity));
}

/** `JSON.rawJSON` accepts neither arrays nor objects. */
const isScalar = (value: JsonValue) => typeof value !== "object" || value === null;
