import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Operations } from "../../core/operation.ts";
import { shortResult } from "../../protocol/calculator/short-integers.ts";
import { JsonError, readJsonBody } from "../../protocol/json/read.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { type BatchClient, Batches } from "./batch.ts";
import { call } from "./call.ts";
import { RpcError, rpcCodes } from "./error.ts";
import { readPlainCall } from "./plain-call.ts";
import { idOfInvalid, type RpcId, readRequest } from "./request.ts";

/** JSON-RPC 2.0, from the text of a request to that of its answer, independent of HTTP. */
export class RpcEndpoint {
  readonly #operations: Operations;
  readonly #maxBatch: number;
  readonly #log: Logger;
  readonly #batches = new Batches((request) => this.#single(request));

  constructor(operations: Operations, maxBatch: number, log: Logger) {
    this.#operations = operations;
    this.#maxBatch = maxBatch;
    this.#log = log;
  }

  /**
   * @param body undefined when it is not UTF-8
   * @param client whose leaving ends the work on its batch
   * @returns undefined when there must be no answer: notifications only
   */
  answer(body: string | undefined, client?: BatchClient): string | undefined | Promise<string | undefined> {
    const short = body === undefined ? undefined : this.#shortAnswer(body);
    if (short !== undefined) return short;
    let value: JsonValue;
    try {
      value = readJsonBody(body);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return errorText(new RpcError(rpcCodes.parseError, error.message), null);
    }
    return isArray(value) ? this.#batch(value, client) : this.#single(value);
  }

  /** Fast path. @returns undefined when there is something to think about */
  #shortAnswer(body: string): string | undefined {
    const call = readPlainCall(body);
    const operation = call && this.#operations.find(call.method);
    const result = operation && shortResult(operation, call.a, call.b);
    return result === undefined ? undefined : `{"jsonrpc":"2.0","result":${result},"id":${call!.id}}`;
  }

  /** Section 6: an array of the answers, never an empty one. */
  #batch(requests: readonly JsonValue[], client: BatchClient | undefined) {
    if (requests.length === 0) return invalidBatch("the batch is empty");
    if (requests.length > this.#maxBatch) {
      return invalidBatch(`the batch has ${requests.length} calls, and may have ${this.#maxBatch}`);
    }
    return this.#batches.run(requests, client);
  }

  #single(value: JsonValue): string | undefined {
    let id: RpcId | undefined = idOfInvalid(value);
    try {
      const request = readRequest(value);
      ({ id } = request);
      const result = call(this.#operations, request.method, request.params);
      return id === undefined
        ? undefined
        : `{"jsonrpc":"2.0","result":${writeJson(result)},"id":${writeJson(id)}}`;
    } catch (error) {
      // Section 4.1: a notification is not answered, not even with an error.
      return id === undefined ? undefined : errorText(this.#rpcError(error), id);
    }
  }

  #rpcError(error: unknown): RpcError {
    if (error instanceof RpcError) return error;
    this.#log.error(`Could not answer a call: ${describeError(error)}`);
    return new RpcError(rpcCodes.internalError, "the server's log says why");
  }
}

// Array.isArray does not narrow a readonly array.
const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

const invalidBatch = (data: string) => errorText(new RpcError(rpcCodes.invalidRequest, data), null);

export function errorText({ code, message, data }: RpcError, id: RpcId): string {
  return writeJson({ jsonrpc: "2.0", error: { code: BigInt(code), message, data }, id });
}
