import type { Server } from "bun";
import { formatHostPort, plainHost } from "../../core/address.ts";
import type { Conversation, Direction, Fields, Traffic } from "../../core/traffic.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { PendingBodies } from "./bodies.ts";
import { pathOf, redactedTarget, requestHead, responseHead } from "./head.ts";

const noBytes = new Uint8Array();
const encoder = new TextEncoder();

/** The request's body is larger than the service allows. Its answer is 413. */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
  constructor(readonly limit: number) {
    super(`The request body is larger than ${limit} bytes`);
  }
}

/** What the exchanges of one server share. */
export interface ExchangeOwner {
  readonly service: string;
  readonly traffic: Traffic;
  /** `host:port` of our side. */
  readonly local: string;
  readonly idPrefix: string;
  readonly maxBody: number;
  /** The requests whose body is still being sent. */
  readonly bodies: PendingBodies;
}

/** One request and its reply. Its conversation is made on demand, because that is costly. */
export class HttpExchange {
  #conversation: Conversation | undefined;

  constructor(
    readonly request: Request,
    readonly owner: ExchangeOwner,
    readonly server: Server<undefined>,
    readonly number: number,
  ) {}

  get conversation(): Conversation {
    if (this.#conversation !== undefined) return this.#conversation;
    const { service, local, idPrefix } = this.owner;
    const peer = this.server.requestIP(this.request);
    const remote = peer === null ? "" : formatHostPort(plainHost(peer.address), peer.port);
    this.#conversation = { id: `${idPrefix}#${this.number}`, service, transport: "http", local, remote };
    return this.#conversation;
  }

  /**
   * Emits a `message` event for the request, with its body if it was read. Called by a role after
   * `traffic.sample("message")` was true.
   */
  emitRequest(text: string, body: Uint8Array = noBytes): void {
    const { method, url } = this.request;
    const fields = { method, path: printable(redactedTarget(pathOf(url))) };
    this.#message("in", text, fields, Buffer.concat([requestHead(this.request), body]));
  }

  /** As `emitRequest`, for the reply. */
  emitReply(text: string, response: Response, body: string): void {
    const bytes = encoder.encode(body);
    const { status } = response;
    this.#message("out", text, { status }, Buffer.concat([responseHead(response, bytes.length), bytes]));
  }

  #message(direction: Direction, text: string, fields: Fields, bytes: Uint8Array): void {
    const { conversation } = this;
    this.owner.traffic.emit({ kind: "message", conversation, direction, text, fields, bytes });
  }

  /**
   * The whole body; call it once.
   * @throws {BodyTooLargeError} as soon as that is known, so nothing larger is ever held
   * @throws {BodyTimeoutError} when it takes too long; a handler does not catch it, the server answers
   */
  body(): Promise<Uint8Array> {
    const { maxBody, traffic, bodies } = this.owner;
    const declared = this.request.headers.get("content-length");
    if (declared !== null && Number(declared) > maxBody)
      return Promise.reject(new BodyTooLargeError(maxBody));
    const reading = declared === null ? this.#readChunks(maxBody) : this.request.bytes();
    const body = bodies.wait(reading, declared === null ? maxBody : Number(declared));
    return traffic.sample("bytes") ? this.#emitBody(body) : body;
  }

  async #emitBody(body: Promise<Uint8Array>): Promise<Uint8Array> {
    const bytes = await body;
    if (bytes.length > 0) {
      this.owner.traffic.emit({ kind: "bytes", conversation: this.conversation, direction: "in", bytes });
    }
    return bytes;
  }

  /** A chunked body does not say beforehand how long it will be. */
  async #readChunks(limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.request.body ?? []) {
      size += chunk.length;
      if (size > limit) throw new BodyTooLargeError(limit);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, size);
  }
}
