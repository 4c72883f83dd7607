import type { OperationErrorCode } from "../../core/operation.ts";

/** Codes of JSON-RPC 2.0 section 5.1; the last three are our own, in the range reserved for servers. */
export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  divisionByZero: -32000,
  tooLarge: -32001,
  notFinite: -32002,
} as const;

/** The specification's messages for its codes. */
const messages: Readonly<Record<number, string>> = {
  [rpcCodes.parseError]: "Parse error",
  [rpcCodes.invalidRequest]: "Invalid Request",
  [rpcCodes.methodNotFound]: "Method not found",
  [rpcCodes.invalidParams]: "Invalid params",
  [rpcCodes.internalError]: "Internal error",
};

/** A call that is answered with an error object; `data` has the details. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  constructor(
    readonly code: number,
    readonly data: string | undefined,
    message = messages[code] ?? "Server error",
  ) {
    super(message);
  }
}

/** The calculator's error as an error object. A bad operand is an invalid parameter. */
export function operationRpcError(code: OperationErrorCode, message: string): RpcError {
  switch (code) {
    case "division-by-zero":
      return new RpcError(rpcCodes.divisionByZero, undefined, message);
    case "too-large":
      return new RpcError(rpcCodes.tooLarge, undefined, message);
    case "not-finite":
      return new RpcError(rpcCodes.notFinite, undefined, message);
    case "bad-operand":
      return new RpcError(rpcCodes.invalidParams, message);
  }
}
