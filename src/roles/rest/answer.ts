import { type Operation, OperationError, type Quantity } from "../../core/operation.ts";
import { formatQuantity, operandFromJson, parseOperand } from "../../protocol/calculator/quantity.ts";
import { readShortInteger, shortResult } from "../../protocol/calculator/short-integers.ts";
import { JsonError, readJsonBody } from "../../protocol/json/read.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json/value.ts";
import { errorReply, jsonText, type Reply } from "./reply.ts";
import { queryOperands } from "./target.ts";

/** `GET /add?a=5&b=9` */
export function answerQuery(operation: Operation, query: string): Reply {
  const { a, b } = queryOperands(query);
  const short = shortResult(operation, readShortInteger(a ?? ""), readShortInteger(b ?? ""));
  if (short !== undefined) return jsonText(resultText(short));
  return answer(operation, readText(a), readText(b));
}

const readText = (text: string | undefined) => (text === undefined ? undefined : parseOperand(text));

/**
 * `POST /add` with `{"a":5,"b":9}`; the content type is ignored, because curl sends a form's by default.
 * @param body undefined when it is not UTF-8
 */
export function answerBody(operation: Operation, body: string | undefined): Reply {
  let value: JsonValue;
  try {
    value = readJsonBody(body);
  } catch (error) {
    if (error instanceof JsonError) return errorReply(400, "Invalid JSON", { detail: error.message });
    throw error;
  }
  if (!isJsonObject(value)) return errorReply(400, "Invalid input");
  return answer(operation, operandFromJson(value.a), operandFromJson(value.b));
}

const resultText = (result: string): string => `{"result":${result}}`;

function answer(operation: Operation, a: Quantity | undefined, b: Quantity | undefined): Reply {
  if (a === undefined || b === undefined) return errorReply(400, "Invalid input");
  try {
    return jsonText(resultText(formatQuantity(operation.evaluate(a, b))));
  } catch (error) {
    // "Division by zero" and the like are caused by the client's operands.
    if (error instanceof OperationError) return errorReply(400, error.message);
    throw error;
  }
}
