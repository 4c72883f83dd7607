import type { Direction, Traffic, TrafficEvent } from "../../core/traffic.ts";
import { carriageReturn, lineFeed } from "../../protocol/http/characters.ts";
import { ChunkedReader } from "../../protocol/http/chunked-reader.ts";
import { HttpError } from "../../protocol/http/http-error.ts";
import { maxHead, type RequestHead, readRequestHead } from "../../protocol/http/request-head.ts";
import { redactedTarget, withoutSecrets } from "../../protocol/http/secrets.ts";
import { hasNoBody } from "../../protocol/http/status.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { Holder } from "../held-bytes.ts";
import type { TcpConnection } from "../tcp/server.ts";
import type { HttpHandler, HttpReply } from "./api.ts";
import { lengthOf, type ReplyForm, type ReplyWriter } from "./reply-writer.ts";
import { HttpRequest } from "./request.ts";

/** What the connections of one server share. */
export interface HttpConnectionOwner {
  readonly handler: HttpHandler;
  readonly traffic: Traffic;
  readonly replies: ReplyWriter;
  readonly maxBody: number;
  /** Each connection ends after the request that it is at. */
  readonly isStopping: boolean;
  /** A request has begun, and has not arrived whole. */
  began(connection: HttpConnection): void;
  arrived(connection: HttpConnection): void;
  /** What is held for the client may have changed. */
  holds(connection: HttpConnection): void;
  replied(status: number): void;
  /** The client has left before its request was complete or answered. */
  aborted(): void;
  /** The answer to a request whose handler has thrown. */
  failure(error: unknown, request: HttpRequest): HttpReply;
  /** There is no answer: writing it has failed. */
  broken(error: unknown, request: HttpRequest): void;
}

/** Of a reply's body; the types of Bun and of Node say two things of it. */
interface StreamReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** Requests of one connection that are answered before others have their turn: less than a millisecond. */
const requestsPerTurn = 64;

const noBytes: Buffer = Buffer.alloc(0);

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

const askForBody = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

/** HTTP/1.1 on one connection. Its requests are read and answered one after another, however they arrive. */
export class HttpConnection implements Holder {
  accounted = 0;
  readonly #tcp: TcpConnection<HttpConnection>;
  readonly #owner: HttpConnectionOwner;
  /** What has arrived; from `#at` on it is not used yet. */
  #input: Buffer = noBytes;
  #at = 0;
  /** Of the request whose body is arriving. */
  #head: RequestHead | undefined;
  /** What has come of its body, and room for more. */
  #body: Buffer = noBytes;
  #bodySize = 0;
  #chunks: ChunkedReader | undefined;
  /** A request has begun, and the server knows. */
  #hasBegun = false;
  /** Is being answered later, or by a stream. */
  #answering: HttpRequest | undefined;
  /** When the request arrived that is being answered; 0: observers do not see it. */
  #arrivedAt = 0;
  #stream: StreamReader | undefined;
  #drained = () => {};
  /** No further request is read. */
  #isDone = false;

  constructor(tcp: TcpConnection<HttpConnection>, owner: HttpConnectionOwner) {
    this.#tcp = tcp;
    this.#owner = owner;
  }

  /** Bytes that are held for the client. */
  get held(): number {
    return this.#unread + this.#body.length + this.#tcp.buffered;
  }

  /** @param chunk valid until this returns */
  receive(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    // A head is read from its beginning each time, so only when another line of it has come.
    const isSameLine = this.#unread > 0 && this.#head === undefined && !bytes.includes(lineFeed);
    this.#input = this.#unread === 0 ? bytes : Buffer.concat([this.#input.subarray(this.#at), bytes]);
    this.#at = 0;
    const isMore = (!isSameLine || this.#unread > maxHead) && this.#serve();
    this.#keep();
    if (isMore) this.#tcp.work(this.#serveMore);
  }

  drained(): void {
    this.#drained();
    if (this.accounted > 0) this.#owner.holds(this);
  }

  /** The client has ended its side: what has arrived is answered, and nothing else comes. */
  ended(): void {
    if (this.#isInRequest) this.#owner.aborted();
    this.#isDone = true;
    this.#tcp.end();
  }

  /** The server stops: a request that has begun is still answered. */
  finish(): void {
    if (this.#isInRequest || this.#answering !== undefined) return;
    this.#isDone = true;
    this.#tcp.endWhenDone();
  }

  /** The connection is gone. */
  closed(): void {
    const request = this.#answering;
    this.#answering = undefined;
    this.#owner.arrived(this);
    if (request === undefined) {
      if (this.#isInRequest && !this.#isDone) this.#owner.aborted();
      return;
    }
    this.#owner.aborted();
    request.abort();
    void this.#stream?.cancel().catch(() => {});
    this.#drained();
  }

  /** The request has not arrived in time. */
  giveUp(): void {
    // It is the server that waits: for a turn, or for the client to read its replies.
    if (this.#tcp.isBusy || this.#tcp.isFull) return this.#owner.began(this);
    this.#refuse(new HttpError(408, "The request did not arrive in time"));
  }

  get #unread(): number {
    return this.#input.length - this.#at;
  }

  get #isInRequest(): boolean {
    return this.#head !== undefined || this.#unread > 0;
  }

  readonly #serveMore = (): boolean => {
    const isMore = this.#serve();
    if (!isMore) this.#keep();
    return isMore;
  };

  /** Answers what has arrived. @returns whether more of it is left for a later turn */
  #serve(): boolean {
    if (this.#tcp.isFull && this.#unread > 0 && !this.#isDone) return true;
    if (!this.#serveOne()) return false;
    if (this.#unread === 0) return false;
    // Requests that were sent ahead: their replies leave together.
    let isMore = false;
    this.#tcp.cork(() => {
      isMore = this.#serveMany();
    });
    return isMore;
  }

  #serveMany(): boolean {
    for (let count = 1; this.#unread > 0; count++) {
      if (count === requestsPerTurn || this.#tcp.isFull) return true;
      if (!this.#serveOne()) return false;
    }
    return false;
  }

  /** @returns false when there is no whole request, or nothing else is read for now */
  #serveOne(): boolean {
    if (this.#isDone || this.#answering !== undefined || this.#unread === 0) return false;
    try {
      const body = this.#readRequest();
      if (body === undefined) return false;
      this.#answer(body);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#refuse(error);
    }
    return !this.#isDone && this.#answering === undefined;
  }

  /** @returns the body when the request is whole. @throws {HttpError} */
  #readRequest(): Uint8Array | undefined {
    if (this.#head === undefined && !this.#readHead()) return undefined;
    const { bodyLength } = this.#head!;
    if (bodyLength === 0) return noBytes;
    if (bodyLength === "chunked") return this.#readChunks();
    return this.#readBytes(bodyLength);
  }

  #readHead(): boolean {
    const head = readRequestHead(this.#input, this.#at);
    if (head === undefined) return false;
    this.#head = head;
    this.#at += head.length;
    if (this.#owner.traffic.sample("bytes")) this.#emitBytes("in", withoutSecrets(head.bytes));
    const { bodyLength, expectsContinue } = head;
    if (bodyLength === "chunked") this.#chunks = new ChunkedReader((data) => this.#addPiece(data));
    else if (bodyLength > this.#owner.maxBody) throw tooLarge(this.#owner.maxBody);
    if (expectsContinue && this.#unread === 0) this.#tcp.write(askForBody);
    return true;
  }

  #readBytes(length: number): Uint8Array | undefined {
    const left = length - this.#bodySize;
    const part = this.#takeInput(left);
    if (part.length === length) return part;
    this.#addPiece(part);
    return this.#bodySize === length ? this.#body.subarray(0, length) : undefined;
  }

  #readChunks(): Uint8Array | undefined {
    const reader = this.#chunks!;
    this.#takeInput(reader.read(this.#input.subarray(this.#at)));
    return reader.isDone ? this.#body.subarray(0, this.#bodySize) : undefined;
  }

  #takeInput(most: number): Uint8Array {
    const part = this.#input.subarray(this.#at, this.#at + most);
    this.#at += part.length;
    if (part.length > 0 && this.#owner.traffic.sample("bytes")) this.#emitBytes("in", part);
    return part;
  }

  #addPiece(data: Uint8Array): void {
    if (data.length === 0) return;
    const { maxBody } = this.#owner;
    const size = this.#bodySize + data.length;
    if (size > maxBody) throw tooLarge(maxBody);
    if (size > this.#body.length) this.#growBody(Math.max(size, Math.min(this.#body.length * 2, maxBody)));
    this.#body.set(data, this.#bodySize);
    this.#bodySize = size;
  }

  /** One piece of memory: a client may send its body byte by byte, and an object for each would be a hundred times that. */
  #growBody(capacity: number): void {
    const body = Buffer.allocUnsafe(capacity);
    body.set(this.#body.subarray(0, this.#bodySize));
    this.#body = body;
  }

  /** The request is complete, or given up: the next one begins. */
  #takeRequest(body: Uint8Array): HttpRequest | undefined {
    if (this.#head === undefined) return undefined;
    const request = new HttpRequest(this.#head, body, this.#tcp);
    this.#head = undefined;
    if (this.#bodySize > 0) {
      this.#body = noBytes;
      this.#bodySize = 0;
    }
    this.#chunks = undefined;
    if (this.#hasBegun) {
      // The next one has its own time.
      this.#hasBegun = false;
      this.#owner.arrived(this);
    }
    return request;
  }

  /** Copies what is not valid any more when the network reuses its buffer; notes what is held. */
  #keep(): void {
    this.#skipLineEnds();
    if (this.#isDone || this.#unread === 0) this.#input = noBytes;
    else this.#input = Buffer.from(this.#input.subarray(this.#at));
    this.#at = 0;
    this.#head?.keep();
    const hasBegun = this.#answering === undefined && this.#isInRequest;
    if (hasBegun !== this.#hasBegun) {
      this.#hasBegun = hasBegun;
      if (hasBegun) this.#owner.began(this);
      else this.#owner.arrived(this);
    }
    if (this.accounted > 0 || hasBegun || this.#tcp.buffered > 0) this.#owner.holds(this);
  }

  /** What some clients send after a body begins no request. (RFC 9112, section 2.2) */
  #skipLineEnds(): void {
    if (this.#head !== undefined) return;
    while (this.#input[this.#at] === carriageReturn && this.#input[this.#at + 1] === lineFeed) this.#at += 2;
  }

  #answer(body: Uint8Array): void {
    const request = this.#takeRequest(body)!;
    this.#noteArrival();
    let reply: HttpReply | Promise<HttpReply>;
    try {
      const coding = request.contentCoding;
      reply =
        coding === undefined ? this.#owner.handler.answer(request) : this.#refuseCoding(request, coding);
    } catch (error) {
      reply = this.#owner.failure(error, request);
    }
    if (reply instanceof Promise) this.#answerLater(request, reply);
    else this.#send(request, reply);
  }

  /** A request is shown with its reply, or neither of them. */
  #noteArrival(): void {
    this.#arrivedAt = this.#owner.traffic.sample("message", 2) ? performance.now() : 0;
  }

  #refuseCoding(request: HttpRequest, coding: string): HttpReply {
    const message = `Content-Encoding ${printable(coding, 40)} is not accepted: send the body as it is`;
    return this.#owner.handler.refuse(new HttpError(415, message), request);
  }

  #answerLater(request: HttpRequest, reply: Promise<HttpReply>): void {
    this.#beginAnswer(request);
    reply
      .catch((error: unknown) => this.#owner.failure(error, request))
      .then((reply) => {
        if (this.#answering !== request) return discard(reply);
        this.#send(request, reply);
        if (this.#stream === undefined) this.#endAnswer();
        return undefined;
      })
      .catch((error: unknown) => this.#breakOff(request, error));
  }

  #beginAnswer(request: HttpRequest): void {
    if (this.#answering === request) return;
    request.keep();
    this.#answering = request;
    this.#tcp.beginAnswer();
  }

  #endAnswer(): void {
    this.#answering = undefined;
    this.#tcp.endAnswer();
    if (this.#unread > 0 && !this.#isDone) this.#tcp.work(this.#serveMore);
  }

  /** Answers a request that is not served, and ends the connection: what else comes on it may be anything. */
  #refuse(error: HttpError): void {
    const request = this.#takeRequest(noBytes);
    this.#isDone = true;
    this.#noteArrival();
    this.#send(request, this.#owner.handler.refuse(error, request));
    this.#keep();
  }

  #send(request: HttpRequest | undefined, given: HttpReply): void {
    const reply = withPossibleBody(given);
    const { replies, isStopping } = this.#owner;
    this.#owner.replied(reply.status);
    const isStream = reply.body instanceof ReadableStream;
    const canChunk = request?.minorVersion === 1;
    if (isStopping || request?.keepsAlive !== true || (isStream && !canChunk)) this.#isDone = true;
    const form: ReplyForm = {
      isHead: request?.isHead === true,
      length: !(reply.body instanceof ReadableStream)
        ? lengthOf(reply.status, reply.body)
        : canChunk
          ? "chunked"
          : "close",
      connection: this.#isDone ? "close" : request?.minorVersion === 0 ? "keep-alive" : "",
    };
    const head = replies.head(reply, form);
    this.#emitExchange(request, reply, head);
    if (reply.body instanceof ReadableStream) this.#sendStream(request!, reply.body, head, form);
    else {
      const hasBody = !form.isHead && typeof form.length === "number" && form.length > 0;
      if (hasBody) replies.write(this.#tcp, head, reply.body, form.length);
      else this.#tcp.writeText(head, head.length);
      if (this.#isDone) this.#tcp.end();
    }
  }

  #sendStream(request: HttpRequest, body: ReadableStream<Uint8Array>, head: string, form: ReplyForm): void {
    this.#tcp.writeText(head, head.length);
    if (form.isHead) {
      void body.cancel().catch(() => {});
      if (this.#isDone) this.#tcp.end();
      return;
    }
    this.#beginAnswer(request);
    const reader = body.getReader();
    this.#stream = reader;
    this.#pump(request, reader, form.length === "chunked").catch((error: unknown) =>
      this.#breakOff(request, error),
    );
  }

  /** The reply cannot be written; the client must see that it is not complete. */
  #breakOff(request: HttpRequest, error: unknown): void {
    this.#owner.broken(error, request);
    this.#tcp.destroy();
  }

  async #pump(request: HttpRequest, reader: StreamReader, isChunked: boolean): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#answering !== request) return;
      if (done) break;
      if (value !== undefined && value.length > 0 && !this.#writePiece(value, isChunked)) {
        await new Promise<void>((resolve) => {
          this.#drained = resolve;
        });
      }
    }
    this.#stream = undefined;
    if (isChunked) this.#tcp.write(lastChunk);
    if (this.#owner.isStopping) this.#isDone = true;
    if (this.#isDone) this.#tcp.end();
    this.#endAnswer();
  }

  /** @returns false when the client reads more slowly than this comes */
  #writePiece(bytes: Uint8Array, isChunked: boolean): boolean {
    if (!isChunked) return this.#tcp.write(bytes);
    this.#tcp.cork(() => {
      this.#tcp.write(Buffer.from(`${bytes.length.toString(16)}\r\n`));
      this.#tcp.write(bytes);
      this.#tcp.write(lineEnd);
    });
    return !this.#tcp.isFull;
  }

  #emitExchange(request: HttpRequest | undefined, reply: HttpReply, head: string): void {
    const { traffic } = this.#owner;
    const arrivedAt = this.#arrivedAt;
    const isMessage = arrivedAt > 0;
    if (isMessage) this.#emitRequest(request, reply);
    const isBytes = traffic.sample("bytes");
    if (!isMessage && !isBytes) return;
    const body = reply.body instanceof ReadableStream || request?.isHead === true ? "" : reply.body;
    const bytes = Buffer.concat([withoutSecrets(Buffer.from(head)), Buffer.from(body)]);
    if (isMessage) {
      const text = this.#describe(request, reply).sent;
      const duration = performance.now() - arrivedAt;
      this.#emitMessage({ direction: "out", text, fields: { status: reply.status }, bytes, duration });
    }
    if (isBytes) this.#emitBytes("out", bytes);
  }

  #emitRequest(request: HttpRequest | undefined, reply: HttpReply): void {
    const text = this.#describe(request, reply).received;
    const time = performance.timeOrigin + this.#arrivedAt;
    if (request === undefined) return this.#emitMessage({ direction: "in", text, time });
    const { writtenMethod, target, headBytes, body } = request;
    const fields = { method: writtenMethod, path: printable(redactedTarget(target)) };
    const bytes = Buffer.concat([withoutSecrets(headBytes), body]);
    this.#emitMessage({ direction: "in", text, time, fields, bytes });
  }

  #describe(request: HttpRequest | undefined, reply: HttpReply): { received: string; sent: string } {
    if (request === undefined) return { received: "Received: no request", sent: describeReply(reply) };
    return (
      this.#owner.handler.describe?.(request, reply) ?? {
        received: describeRequest(request),
        sent: describeReply(reply),
      }
    );
  }

  #emitMessage(message: Omit<Extract<TrafficEvent, { kind: "message" }>, "kind" | "conversation">): void {
    this.#owner.traffic.emit({ kind: "message", conversation: this.#tcp.conversation, ...message });
  }

  #emitBytes(direction: Direction, bytes: Uint8Array): void {
    this.#owner.traffic.emit({ kind: "bytes", conversation: this.#tcp.conversation, direction, bytes });
  }
}

/** `Received: POST /add {"a":5,"b":9}`, with `***` for credentials in the query */
export function describeRequest({ writtenMethod, target, body }: HttpRequest): string {
  return `Received: ${writtenMethod} ${printable(redactedTarget(target))} ${printable(body)}`.trimEnd();
}

/** `Sent: 200 {"result":14}` */
export function describeReply({ status, headers, body }: HttpReply): string {
  if (body instanceof ReadableStream) return `Sent: ${status}, a stream`;
  if (body.length === 0) return `Sent: ${status}`;
  const type = headers["Content-Type"] ?? "";
  const isShown = typeof body === "string" && type.startsWith("application/json");
  return `Sent: ${status} ${isShown ? printable(body) : `${type} ${body.length} characters`.trim()}`;
}

/** Some statuses have no body, and a stream given with one of them would be taken for the next reply. */
function withPossibleBody(reply: HttpReply): HttpReply {
  if (!(reply.body instanceof ReadableStream) || !hasNoBody(reply.status)) return reply;
  discard(reply);
  return { ...reply, body: "" };
}

function discard({ body }: HttpReply): void {
  if (body instanceof ReadableStream) void body.cancel().catch(() => {});
}

const tooLarge = (limit: number) => new HttpError(413, `The request body is larger than ${limit} bytes`);
