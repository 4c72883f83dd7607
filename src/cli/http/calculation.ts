import { formatQuantity, parseOperand } from "../../protocol/calculator/quantity.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { rounded } from "../exchange/send-messages.ts";
import type { CommandContext } from "../program/command-context.ts";

/** One operation that a server has carried out. */
export interface Calculation {
  readonly operation: string;
  /** As they were typed. */
  readonly operands: readonly string[];
  readonly result: JsonValue;
  readonly ms: number;
}

/** `add(10,5)`: what is typed is what is shown. */
export const callText = (operation: string, operands: readonly string[]) =>
  `${operation}(${operands.join(",")})`;

/** `add(10,5) = 15` as the original client prints it; `--quiet` leaves the 15. */
export function showCalculation(
  context: CommandContext,
  { operation, operands, result, ms }: Calculation,
): void {
  const value = typeof result === "string" ? result : writeJson(result);
  context.result(context.quiet ? value : `${callText(operation, operands)} = ${value}`, {
    operation,
    operands: operands.map(exactNumber),
    result: isScalar(result) ? JSON.rawJSON(writeJson(result)) : writeJson(result),
    ms: rounded(ms),
  });
}

/** An operand as the number it is, all digits kept, or as the text it was. */
function exactNumber(text: string): unknown {
  const quantity = parseOperand(text);
  return quantity === undefined ? text : JSON.rawJSON(formatQuantity(quantity));
}

/** JSON.rawJSON takes no arrays and no objects. */
const isScalar = (value: JsonValue) => typeof value !== "object" || value === null;
