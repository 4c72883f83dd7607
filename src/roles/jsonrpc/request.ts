import { isJsonObject, type JsonValue } from "../../protocol/json/value.ts";
import { RpcError, rpcCodes } from "./error.ts";

export type RpcId = string | bigint | number | null;

/** A valid request object. Without an id it is a notification. */
export interface RpcRequest {
  readonly method: string;
  readonly params: JsonValue | undefined;
  readonly id: RpcId | undefined;
}

/**
 * Checks a request object strictly by JSON-RPC 2.0 section 4.
 * @throws {RpcError} an invalid request
 */
export function readRequest(value: JsonValue): RpcRequest {
  if (!isJsonObject(value)) throw invalid("a request is an object");
  const { jsonrpc, method, params, id } = value;
  if (jsonrpc !== "2.0") throw invalid('the member "jsonrpc" must be "2.0"');
  if (typeof method !== "string") throw invalid('the member "method" must be a string');
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    throw invalid('the member "params" must be an array or an object');
  }
  if (id !== undefined && readId(id) === undefined)
    throw invalid('the member "id" must be a string, a number or null');
  return { method, params, id: readId(id) };
}

/** Section 5: the answer to an invalid request has its id if that can be read, else null. */
export function idOfInvalid(value: JsonValue): RpcId {
  return isJsonObject(value) ? (readId(value.id) ?? null) : null;
}

function readId(value: JsonValue | undefined): RpcId | undefined {
  if (value === null || typeof value === "string" || typeof value === "bigint") return value;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

const invalid = (data: string) => new RpcError(rpcCodes.invalidRequest, data);
