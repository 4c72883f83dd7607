import type { Direction, StreamPlace, Traffic, TrafficEvent } from "../../core/traffic.ts";
import type { RequestHead } from "../../protocol/http/request-head.ts";
import { redactedTarget, withoutSecrets } from "../../protocol/http/secrets.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { TcpConnection } from "../tcp/server.ts";
import type { HttpHandler, HttpReply } from "./api.ts";
import type { HttpRequest } from "./request.ts";

type Message = Omit<Extract<TrafficEvent, { kind: "message" }>, "kind" | "conversation">;

/** What observers see of one connection: all its bytes, without credentials, and each request with its reply. */
export class ExchangeTraffic {
  readonly #traffic: Traffic;
  readonly #handler: HttpHandler;
  readonly #tcp: TcpConnection;
  /** When the request arrived that is being answered. */
  #arrivedAt = 0;
  #group = 0;
  /** Where the request that is being answered lies among the bytes of its connection. */
  place: StreamPlace | undefined;
  /** What came instead of a request. */
  #refused: Uint8Array | undefined;

  constructor(traffic: Traffic, handler: HttpHandler, tcp: TcpConnection) {
    this.#traffic = traffic;
    this.#handler = handler;
    this.#tcp = tcp;
  }

  receivedHead(head: RequestHead, offset: number): void {
    if (this.#traffic.sample("bytes")) this.#emitBytes("in", withoutSecrets(head.bytes), offset);
  }

  /** The trailers of a body in chunks. */
  receivedFields(bytes: Uint8Array, offset: number): void {
    if (this.#traffic.sample("bytes")) this.#emitBytes("in", withoutSecrets(bytes), offset);
  }

  receivedBody(source: Buffer, start: number, end: number, offset: number): void {
    if (this.#traffic.sample("bytes")) this.#emitBytes("in", source.subarray(start, end), offset);
  }

  /** What is no head, and yet may have credentials in its lines. */
  receivedRefused(bytes: Uint8Array, offset: number): void {
    this.#refused = withoutSecrets(bytes);
    if (bytes.length > 0) this.receivedFields(bytes, offset);
  }

  /** Called before they are written. */
  sent(bytes: Uint8Array): void {
    if (this.#traffic.sample("bytes")) this.#emitBytes("out", bytes, this.#tcp.written);
  }

  /** A request is complete. @returns whether it is shown with its reply; otherwise neither of them is */
  arrived(): boolean {
    this.#group = this.#traffic.begin(2);
    if (this.#group > 0) this.#arrivedAt = performance.now();
    return this.#group > 0;
  }

  /**
   * The reply is about to be sent.
   * @param head as text
   * @param bodyLength bytes of the body that are sent; undefined of a stream
   */
  replied(
    request: HttpRequest | undefined,
    reply: HttpReply,
    head: string,
    bodyLength: number | undefined,
  ): void {
    const isMessage = this.#group > 0;
    const isBytes = this.#traffic.sample("bytes");
    if (!isMessage && !isBytes) return;
    const body = reply.body instanceof ReadableStream || bodyLength === 0 ? "" : reply.body;
    const bytes = Buffer.concat([withoutSecrets(Buffer.from(head)), Buffer.from(body)]);
    const length = bodyLength === undefined ? undefined : head.length + bodyLength;
    if (isMessage) this.#emitExchange(request, reply, bytes, length);
    if (isBytes) this.#emitBytes("out", bytes, this.#tcp.written);
  }

  #emitExchange(
    request: HttpRequest | undefined,
    reply: HttpReply,
    bytes: Uint8Array,
    length: number | undefined,
  ): void {
    const { received, sent } = this.#describe(request, reply);
    this.#emitRequest(request, received);
    const duration = performance.now() - this.#arrivedAt;
    const offset = this.#tcp.written;
    const stream = length === undefined ? { offset } : { offset, length };
    const fields = { status: reply.status };
    this.#emitMessage({ direction: "out", text: sent, fields, bytes, stream, duration });
  }

  #emitRequest(request: HttpRequest | undefined, text: string): void {
    const stream = this.place && { stream: this.place };
    const time = performance.timeOrigin + this.#arrivedAt;
    if (request === undefined) {
      const refused = this.#refused;
      return this.#emitMessage({
        direction: "in",
        text,
        time,
        ...stream,
        ...(refused && { bytes: refused }),
      });
    }
    const { writtenMethod, target, headBytes, body } = request;
    const fields = { method: writtenMethod, path: printable(redactedTarget(target)) };
    const bytes = Buffer.concat([withoutSecrets(headBytes), body]);
    this.#emitMessage({ direction: "in", text, time, fields, bytes, ...stream });
  }

  #describe(request: HttpRequest | undefined, reply: HttpReply): { received: string; sent: string } {
    if (request === undefined) return { received: "Received: no request", sent: describeReply(reply) };
    return (
      this.#handler.describe?.(request, reply) ?? {
        received: describeRequest(request),
        sent: describeReply(reply),
      }
    );
  }

  #emitMessage(message: Message): void {
    const { conversation, messages } = this.#tcp;
    const number = message.direction === "in" ? messages - 1 : messages;
    this.#traffic.emit({ kind: "message", conversation, number, group: this.#group, ...message });
  }

  #emitBytes(direction: Direction, bytes: Uint8Array, offset: number): void {
    this.#traffic.emit({ kind: "bytes", conversation: this.#tcp.conversation, direction, bytes, offset });
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
  const type = String(headers["Content-Type"] ?? "");
  const isShown = typeof body === "string" && type.startsWith("application/json");
  return `Sent: ${status} ${isShown ? printable(body) : `${type} ${body.length} characters`.trim()}`;
}
