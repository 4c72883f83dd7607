import type { Quantity } from "../../core/operation.ts";
import type { JsonValue } from "../json/value.ts";
import { maxOperandDigits, parseOperand } from "./quantity.ts";

const tooHigh = 10n ** BigInt(maxOperandDigits);
const tooLow = -tooHigh;

/**
 * An operand in a JSON request: a number as it stands (`5` is an integer, `5.0` and `5e0` are decimals), or a
 * text as `parseOperand` reads it, for clients whose numbers cannot hold large integers.
 */
export function operandFromJson(value: JsonValue | undefined): Quantity | undefined {
  switch (typeof value) {
    case "bigint":
      return value < tooHigh && value > tooLow ? value : undefined;
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "string":
      return parseOperand(value);
    default:
      return undefined;
  }
}
