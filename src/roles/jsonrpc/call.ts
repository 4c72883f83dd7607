import { nearest } from "../../core/nearest.ts";
import { OperationError, type Operations, type Quantity } from "../../core/operation.ts";
import { operandFromJson } from "../../protocol/calculator/quantity.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json/value.ts";
import { operationRpcError, RpcError, rpcCodes } from "./error.ts";

/** @throws {RpcError} */
export function call(operations: Operations, method: string, params: JsonValue | undefined): Quantity {
  const operation = operations.find(method);
  if (operation === undefined) throw new RpcError(rpcCodes.methodNotFound, unknownMethod(operations, method));
  const { a, b } = readParams(params);
  try {
    return operation.evaluate(operand("a", a), operand("b", b));
  } catch (error) {
    if (error instanceof OperationError) throw operationRpcError(error.code, error.message);
    throw error;
  }
}

function unknownMethod(operations: Operations, method: string): string {
  const names = operations.all.flatMap(({ name, aliases }) => [name, ...aliases]);
  const near = nearest(method.slice(0, 100), names);
  const known = `The methods are ${names.join(", ")}.`;
  return near === undefined ? known : `Did you mean "${near}"? ${known}`;
}

interface Params {
  readonly a: JsonValue | undefined;
  readonly b: JsonValue | undefined;
}

/** JSON-RPC 2.0 section 4.2: by position in the order of the parameters, or by their exact names. */
function readParams(params: JsonValue | undefined): Params {
  if (isJsonObject(params)) return readNamed(params);
  if (!isArray(params)) return { a: undefined, b: undefined };
  if (params.length > 2) throw invalidParams(`expected 2 parameters, a and b, and found ${params.length}`);
  return { a: params[0], b: params[1] };
}

// Array.isArray does not narrow a readonly array.
const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

function readNamed(params: JsonObject): Params {
  const unknown = Object.keys(params).find((name) => name !== "a" && name !== "b");
  if (unknown !== undefined) {
    throw invalidParams(
      `expected the parameters a and b, and found ${JSON.stringify(unknown.slice(0, 100))}`,
    );
  }
  return { a: params.a, b: params.b };
}

function operand(name: "a" | "b", value: JsonValue | undefined): Quantity {
  if (value === undefined) throw invalidParams(`parameter ${name} is missing`);
  const quantity = operandFromJson(value);
  if (quantity === undefined)
    throw invalidParams(`parameter ${name} must be a number of at most 4300 digits`);
  return quantity;
}

const invalidParams = (data: string) => new RpcError(rpcCodes.invalidParams, data);
