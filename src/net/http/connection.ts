import type { Traffic } from "../../core/traffic.ts";
import { HttpError } from "../../protocol/http/http-error.ts";
import { maxHead, type RequestHead } from "../../protocol/http/request-head.ts";
import { hasNoBody } from "../../protocol/http/status.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { Holder } from "../held-bytes.ts";
import type { TcpConnection } from "../tcp/server.ts";
import type { HttpHandler, HttpReply } from "./api.ts";
import { ExchangeTraffic } from "./exchange-traffic.ts";
import { ReplyStream, type StreamSink } from "./reply-stream.ts";
import { lengthOf, type ReplyConnection, type ReplyWriter } from "./reply-writer.ts";
import { HttpRequest } from "./request.ts";
import { noBody, type RequestBody } from "./request-body.ts";
import { RequestReader, type RequestReaderOwner } from "./request-reader.ts";

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
  counts(connection: HttpConnection): void;
  replied(status: number): void;
  /** The client has left before its request was complete or answered. */
  aborted(): void;
  /** The answer to a request whose handler has thrown. */
  failure(error: unknown, request: HttpRequest): HttpReply;
  /** There is no answer: writing it has failed. */
  broken(error: unknown, request: HttpRequest): void;
}

/** Requests of one connection that are answered before others have their turn: less than a millisecond. */
const requestsPerTurn = 64;

/** What a request that is being answered holds, for each byte of its body: the values read from it, and their answers. */
const answerFactor = 16;

const askForBody = Buffer.from("HTTP/1.1 100 Continue\r\n\r\n");

/** HTTP/1.1 on one connection. Its requests are read and answered one after another, however they arrive. */
export class HttpConnection implements Holder, RequestReaderOwner, StreamSink {
  accounted = 0;
  readonly maxBody: number;
  readonly #tcp: TcpConnection<HttpConnection>;
  readonly #owner: HttpConnectionOwner;
  readonly #reader: RequestReader;
  readonly #traffic: ExchangeTraffic;
  /** A request has begun, and the server knows. */
  #hasBegun = false;
  /** Is being answered later, or by a stream. */
  #answering: HttpRequest | undefined;
  #stream: ReplyStream | undefined;
  /** No further request is read. */
  #isDone = false;

  constructor(tcp: TcpConnection<HttpConnection>, owner: HttpConnectionOwner) {
    this.#tcp = tcp;
    this.#owner = owner;
    this.maxBody = owner.maxBody;
    this.#reader = new RequestReader(this);
    this.#traffic = new ExchangeTraffic(owner.traffic, owner.handler, tcp);
  }

  /** Bytes that are held for the client. */
  get held(): number {
    const answering = this.#answering === undefined ? 0 : this.#answering.bodyLength * answerFactor;
    return this.#reader.held + this.#tcp.held + answering;
  }

  /** @param chunk valid until this returns */
  receive(chunk: Uint8Array): void {
    this.#reader.add(chunk);
    const isMore = this.#reader.mayHaveRequest && this.#serve();
    this.#keep();
    if (isMore) this.#tcp.work(this.#serveMore);
  }

  drained(): void {
    this.#stream?.drained();
    this.noteHeld();
  }

  /** The client has ended its side: what has arrived is answered, and nothing else comes. */
  ended(): void {
    if (this.#reader.isInRequest) this.#owner.aborted();
    this.#isDone = true;
    this.#tcp.end();
  }

  /** The server stops: a request that has begun is still answered. */
  finish(): void {
    if (this.#reader.isInRequest || this.#answering !== undefined) return;
    this.#isDone = true;
    this.#tcp.endWhenDone();
  }

  /** The connection is gone. */
  closed(): void {
    const request = this.#answering;
    const isAborted = request !== undefined || (this.#reader.isInRequest && !this.#isDone);
    this.#answering = undefined;
    this.#isDone = true;
    this.#owner.arrived(this);
    if (isAborted) this.#owner.aborted();
    request?.abort();
    this.#stream?.cancel();
  }

  /** The request has not arrived in time. */
  giveUp(): void {
    // It is the server that waits: for a turn, or for the client to read its replies.
    if (this.#tcp.isBusy || this.#tcp.isFull) return this.#owner.began(this);
    this.#refuse(new HttpError(408, "The request did not arrive in time"));
  }

  // --- What the reader tells ---

  hasReadHead(head: RequestHead, offset: number): void {
    this.#traffic.receivedHead(head, offset);
  }

  hasReadTrailers(bytes: Uint8Array, offset: number): void {
    this.#traffic.receivedFields(bytes, offset);
  }

  hasReadBody(source: Buffer, start: number, end: number, offset: number): void {
    this.#traffic.receivedBody(source, start, end, offset);
  }

  expectsContinue(): void {
    this.write(askForBody);
  }

  // --- What a stream is sent to ---

  get isFull(): boolean {
    return this.#tcp.isFull;
  }

  write(bytes: Uint8Array): void {
    this.#traffic.sent(bytes);
    this.#tcp.write(bytes);
    this.noteHeld();
  }

  /** What is held for the client may have changed: all clients together have a limit, which may end this one. */
  noteHeld(): void {
    if (this.accounted > 0 || this.held > 0) this.#owner.counts(this);
  }

  readonly #serveMore = (): boolean => {
    const isMore = this.#serve();
    if (isMore) this.noteHeld();
    else this.#keep();
    return isMore;
  };

  /** Answers what has arrived. @returns whether more of it is left for a later turn */
  #serve(): boolean {
    if (this.#tcp.isFull && this.#reader.unread > 0 && !this.#isDone) return true;
    const body = this.#readOne();
    if (body === undefined) return false;
    if (this.#reader.unread === 0) {
      this.#answer(body);
      return false;
    }
    // Requests that were sent ahead: their replies leave together.
    let isMore = false;
    this.#tcp.cork(() => {
      isMore = this.#serveMany(body);
    });
    return isMore;
  }

  #serveMany(first: RequestBody): boolean {
    let body: RequestBody | undefined = first;
    for (let count = 1; body !== undefined; count++) {
      this.#answer(body);
      const isMore = this.#mayRead && this.#reader.unread > 0;
      if (isMore && (count === requestsPerTurn || this.#tcp.isFull)) return true;
      body = this.#readOne();
    }
    return false;
  }

  /** Nothing is being answered, and the connection goes on. */
  get #mayRead(): boolean {
    return !this.#isDone && this.#answering === undefined;
  }

  /** @returns undefined when there is no whole request, or none that is served */
  #readOne(): RequestBody | undefined {
    if (!this.#mayRead || this.#reader.unread === 0) return undefined;
    try {
      return this.#reader.read();
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#refuse(error);
      return undefined;
    }
  }

  /** The request is complete, or given up: the next one begins, and has its own time. */
  #takeRequest(body: RequestBody): HttpRequest | undefined {
    const head = this.#reader.take();
    if (head === undefined) return undefined;
    if (this.#hasBegun) {
      this.#hasBegun = false;
      this.#owner.arrived(this);
    }
    return new HttpRequest(head, body, this.#tcp);
  }

  /** Copies what is not valid any more when the network reuses its buffer; notes what is held. */
  #keep(): void {
    if (this.#tcp.closed) return;
    const reader = this.#reader;
    if (this.#isDone) reader.drop();
    else reader.keep();
    const hasBegun = this.#answering === undefined && reader.isInRequest;
    if (hasBegun !== this.#hasBegun) {
      this.#hasBegun = hasBegun;
      if (hasBegun) this.#owner.began(this);
      else this.#owner.arrived(this);
    }
    this.noteHeld();
  }

  #answer(body: RequestBody): void {
    const request = this.#takeRequest(body)!;
    this.#arrived();
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

  #arrived(): void {
    this.#tcp.messages += 2;
    if (this.#traffic.arrived()) this.#traffic.place = this.#reader.place;
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
    if (request.bodyLength > 0) this.noteHeld();
  }

  #endAnswer(): void {
    this.#answering = undefined;
    this.noteHeld();
    this.#tcp.endAnswer();
    if (this.#reader.unread > 0 && !this.#isDone) this.#tcp.work(this.#serveMore);
  }

  /** Answers a request that is not served, and ends the connection: what else comes on it may be anything. */
  #refuse(error: HttpError): void {
    const rest = this.#reader.takeRest();
    const request = this.#takeRequest(noBody);
    this.#isDone = true;
    this.#arrived();
    this.#traffic.receivedRefused(rest.subarray(0, maxHead), this.#reader.offset - rest.length);
    const isHead = request?.isHead ?? /^\s*HEAD /.test(rest.toString("latin1", 0, 64));
    this.#send(request, this.#owner.handler.refuse(error, request), isHead);
    this.#keep();
  }

  #send(request: HttpRequest | undefined, given: HttpReply, isHead = request?.isHead === true): void {
    const reply = withPossibleBody(given);
    const { status, body } = reply;
    const { replies, isStopping } = this.#owner;
    this.#owner.replied(status);
    if (isStopping || request?.keepsAlive !== true) this.#isDone = true;
    if (body instanceof ReadableStream) return this.#sendStream(request!, reply, body, isHead);
    const length = lengthOf(status, body);
    const bodyLength = isHead || length === "none" ? 0 : length;
    const head = replies.head(reply, length, this.#connectionField(request));
    this.#traffic.replied(request, reply, head, bodyLength);
    if (bodyLength > 0) replies.write(this.#tcp, head, body, bodyLength);
    else this.#tcp.writeText(head, head.length);
    if (this.#isDone) this.#tcp.end();
  }

  #connectionField(request: HttpRequest | undefined): ReplyConnection {
    if (this.#isDone) return "close";
    return request?.minorVersion === 0 ? "keep-alive" : "";
  }

  #sendStream(
    request: HttpRequest,
    reply: HttpReply,
    body: ReadableStream<Uint8Array>,
    isHead: boolean,
  ): void {
    // HTTP/1.0 knows no chunks: the body ends with the connection.
    const isChunked = request.minorVersion === 1;
    if (!isChunked) this.#isDone = true;
    const head = this.#owner.replies.head(
      reply,
      isChunked ? "chunked" : "close",
      this.#connectionField(request),
    );
    this.#traffic.replied(request, reply, head, undefined);
    this.#tcp.writeText(head, head.length);
    if (isHead) {
      void body.cancel().catch(() => {});
      if (this.#isDone) this.#tcp.end();
      return;
    }
    this.#beginAnswer(request);
    const stream = new ReplyStream(body, isChunked, this);
    this.#stream = stream;
    stream
      .send()
      .then((isWhole) => {
        if (isWhole) this.#endStream();
      })
      .catch((error: unknown) => this.#breakOff(request, error));
  }

  #endStream(): void {
    this.#stream = undefined;
    if (this.#owner.isStopping) this.#isDone = true;
    if (this.#isDone) this.#tcp.end();
    this.#endAnswer();
  }

  /** The reply cannot be written; the client must see that it is not complete. */
  #breakOff(request: HttpRequest, error: unknown): void {
    this.#owner.broken(error, request);
    this.#tcp.destroy();
  }
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
