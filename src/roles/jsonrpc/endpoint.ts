import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Operations } from "../../core/operation.ts";
import { JsonError, readJsonBytes } from "../../protocol/json/read.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { call } from "./call.ts";
import { RpcError, rpcCodes } from "./error.ts";
import { idOfInvalid, type RpcId, readRequest } from "./request.ts";

/** Milliseconds of a batch in one turn of the event loop. */
const sliceMs = 5;

/** JSON-RPC 2.0, from the bytes of a request to the text of its answer, independent of HTTP. */
export class RpcEndpoint {
  readonly #operations: Operations;
  readonly #maxBatch: number;
  readonly #log: Logger;

  constructor(operations: Operations, maxBatch: number, log: Logger) {
    this.#operations = operations;
    this.#maxBatch = maxBatch;
    this.#log = log;
  }

  /** @returns undefined when there must be no answer: notifications only */
  answer(body: Uint8Array): string | undefined | Promise<string | undefined> {
    let value: JsonValue;
    try {
      value = readJsonBytes(body);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return errorText(new RpcError(rpcCodes.parseError, error.message), null);
    }
    return isArray(value) ? this.#batch(value) : this.#single(value);
  }

  /** Section 6: an array of the answers, never an empty one. */
  #batch(requests: readonly JsonValue[]): string | Promise<string | undefined> {
    if (requests.length === 0) return invalidBatch("the batch is empty");
    if (requests.length > this.#maxBatch) {
      return invalidBatch(`the batch has ${requests.length} calls, and may have ${this.#maxBatch}`);
    }
    return this.#inSlices(requests);
  }

  /** A thousand calls may take seconds, so others have their turn between. */
  async #inSlices(requests: readonly JsonValue[]): Promise<string | undefined> {
    const answers: string[] = [];
    let start = performance.now();
    for (const request of requests) {
      const answer = this.#single(request);
      if (answer !== undefined) answers.push(answer);
      if (performance.now() - start < sliceMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      start = performance.now();
    }
    return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
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
