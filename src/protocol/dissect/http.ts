import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import { ChunkedReader } from "../http/chunked-reader.ts";
import { HeaderFields } from "../http/header-fields.ts";
import { HttpError } from "../http/http-error.ts";
import { redactedTarget } from "../http/secrets.ts";
import { printable } from "../text/printable.ts";
import { ByteGatherer } from "./byte-gatherer.ts";
import { describeHttp, type HttpMessage, isErrorStatus } from "./http-text.ts";
import { WebSocketDissector } from "./websocket.ts";

const maxHead = 64 * 1024;
/** So much of a body is kept to be described. */
const maxBody = 64 * 1024;

const requestLine = /^([A-Z][A-Z-]{1,15}) (\S+) (HTTP\/1\.[01])$/;
const statusLine = /^(HTTP\/1\.[01]) (\d{3})(?: (.*))?$/;

/** Whether bytes begin like a request or a reply. */
export const isHttpStart = (bytes: Buffer): boolean => {
  const line = bytes.subarray(0, 256).toString("latin1").split("\r\n", 1)[0] ?? "";
  return /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT) \S/.test(line) || statusLine.test(line);
};

interface Exchange {
  readonly method: string;
  readonly key: string;
  readonly wantsUpgrade: boolean;
}

/** A message whose head has been read. */
interface Open {
  readonly message: HttpMessage;
  readonly firstPacket: number;
  readonly exchange: Exchange | undefined;
  length: number;
  bodyLength: number;
  readonly body: Buffer[];
  bodyKept: number;
  /** Bytes of the body that are still to come; "close": all until the connection ends. */
  left: number | "chunked" | "close";
  readonly chunks: ChunkedReader | undefined;
}

interface Stream {
  readonly gatherer: ByteGatherer;
  open: Open | undefined;
  isLost: boolean;
}

/** HTTP/1.1, with what is in its bodies: SOAP, JSON-RPC, and WebSocket after an upgrade. */
export class HttpDissector implements Dissector {
  readonly #sink: DissectionSink;
  readonly #streams: Readonly<Record<Side, Stream>>;
  /** Requests whose replies have not come, in their order. */
  #exchanges: Exchange[] = [];
  #requests = 0;
  #webSocket: WebSocketDissector | undefined;
  protocol = "HTTP";

  constructor(sink: DissectionSink) {
    this.#sink = sink;
    const stream = (): Stream => ({ gatherer: new ByteGatherer(), open: undefined, isLost: false });
    this.#streams = { client: stream(), server: stream() };
  }

  data(side: Side, bytes: Buffer, place: Place, isPushed: boolean): void {
    if (this.#webSocket !== undefined) {
      this.#webSocket.data(side, bytes, place, isPushed);
      return;
    }
    const stream = this.#streams[side];
    if (stream.isLost) {
      if (!isHttpStart(bytes)) return;
      stream.isLost = false;
    }
    try {
      this.#read(side, stream, bytes, place);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      this.#lose(stream);
      this.#sink.odd("undecodable", place, { protocol: "HTTP", reason: error.message });
    }
  }

  gap(side: Side, length: number, place: Place): void {
    if (this.#webSocket !== undefined) {
      this.#webSocket.gap(side, length);
      return;
    }
    const stream = this.#streams[side];
    const { open } = stream;
    if (open === undefined || typeof open.left !== "number" || open.left < length) {
      this.#lose(stream);
      return;
    }
    open.left -= length;
    open.length += length;
    open.bodyLength += length;
    if (open.left === 0) this.#finish(side, stream, open, place);
  }

  end(side: Side, place: Place): void {
    if (this.#webSocket !== undefined) {
      this.#webSocket.end();
      return;
    }
    const stream = this.#streams[side];
    if (stream.open?.left === "close") this.#finish(side, stream, stream.open, place);
  }

  #lose(stream: Stream): void {
    stream.isLost = true;
    stream.open = undefined;
    stream.gatherer.clear();
  }

  #read(side: Side, stream: Stream, came: Buffer, place: Place): void {
    let at = 0;
    while (at < came.length && !stream.isLost) {
      if (this.#webSocket !== undefined) {
        this.#webSocket.data(side, came.subarray(at), place, true);
        return;
      }
      if (stream.open !== undefined) {
        at += this.#readBody(side, stream, stream.open, came.subarray(at), place);
        continue;
      }
      const { gatherer } = stream;
      const before = gatherer.length;
      const bytes = gatherer.add(at === 0 ? came : came.subarray(at), place);
      const start = leadingLineEnds(bytes);
      const end = bytes.indexOf("\r\n\r\n", start);
      if (end < 0) {
        if (bytes.length > maxHead) this.#tooLong(side, stream, place);
        else gatherer.keep(bytes, place, true);
        return;
      }
      const firstPacket = gatherer.firstPacket ?? place.packet;
      const head = bytes.toString("latin1", start, end);
      at += end + 4 - before;
      gatherer.clear();
      this.#begin(side, stream, head, end + 4, place, firstPacket);
    }
  }

  #tooLong(side: Side, stream: Stream, place: Place): void {
    this.#lose(stream);
    this.#sink.odd(
      "undecodable",
      place,
      { protocol: "HTTP", reason: `a head of more than ${maxHead} bytes` },
      side,
    );
  }

  #begin(side: Side, stream: Stream, head: string, length: number, place: Place, firstPacket: number): void {
    const lineEnd = head.indexOf("\r\n");
    const line = lineEnd < 0 ? head : head.slice(0, lineEnd);
    const fields = new HeaderFields(lineEnd < 0 ? "" : `${head.slice(lineEnd + 2)}\r\n`);
    const request = requestLine.exec(line);
    const status = request === null ? statusLine.exec(line) : null;
    if (request === null && status === null) {
      this.#lose(stream);
      const reason = `a first line that is neither a request's nor a reply's: ${printable(line, 60)}`;
      this.#sink.odd("undecodable", place, { protocol: "HTTP", reason });
      return;
    }
    const message: HttpMessage =
      request !== null
        ? {
            kind: "request",
            method: request[1]!,
            target: redactedTarget(request[2]!),
            version: request[3]!,
            fields,
          }
        : {
            kind: "reply",
            status: Number(status![2]),
            reason: status![3] ?? "",
            version: status![1]!,
            fields,
          };
    // 1xx comes before the reply itself.
    const isInterim = message.kind === "reply" && message.status < 200 && message.status !== 101;
    const exchange =
      message.kind === "request"
        ? this.#expect(message, place, side)
        : isInterim
          ? undefined
          : this.#exchanges.shift();
    const left = bodyLength(message, exchange?.method);
    const open: Open = {
      message,
      firstPacket,
      exchange,
      length,
      bodyLength: 0,
      body: [],
      bodyKept: 0,
      left,
      chunks: left === "chunked" ? new ChunkedReader((data) => keepBody(open, data)) : undefined,
    };
    stream.open = open;
    if (left === 0) this.#finish(side, stream, open, place);
  }

  #expect(message: HttpMessage & { kind: "request" }, place: Place, side: Side): Exchange {
    const exchange: Exchange = {
      method: message.method,
      key: `http ${++this.#requests}`,
      wantsUpgrade: /websocket/i.test(message.fields.get("upgrade") ?? ""),
    };
    this.#exchanges.push(exchange);
    if (this.#exchanges.length > 1000) this.#exchanges.shift();
    this.#sink.request(exchange.key, place, `${message.method} ${printable(message.target, 60)}`, side);
    return exchange;
  }

  /** @returns how many bytes belong to the body */
  #readBody(side: Side, stream: Stream, open: Open, bytes: Buffer, place: Place): number {
    let count: number;
    if (open.chunks !== undefined) {
      count = open.chunks.read(bytes);
      if (open.chunks.isDone) open.left = 0;
    } else if (typeof open.left === "number") {
      count = Math.min(open.left, bytes.length);
      open.left -= count;
      keepBody(open, bytes.subarray(0, count));
    } else {
      count = bytes.length;
      keepBody(open, bytes);
    }
    open.length += count;
    if (open.left === 0) this.#finish(side, stream, open, place);
    return count;
  }

  #finish(side: Side, stream: Stream, open: Open, place: Place): void {
    stream.open = undefined;
    const { message, exchange } = open;
    const answer =
      message.kind === "reply" && exchange !== undefined ? this.#sink.answer(exchange.key, place) : undefined;
    const described = describeHttp(message, Buffer.concat(open.body), open.bodyLength);
    if (described.protocol !== "HTTP") this.protocol = described.protocol;
    const extent = { firstPacket: open.firstPacket, length: open.length };
    this.#sink.message(side, place, extent, () => described, answer);
    if (message.kind === "reply" && isErrorStatus(message, described))
      this.#sink.odd("error-answer", place, { text: described.text }, described.text);
    if (message.kind === "reply" && message.status === 101 && exchange?.wantsUpgrade)
      this.#webSocket = new WebSocketDissector(this.#sink, message.fields.get("sec-websocket-protocol"));
    if (this.#webSocket !== undefined) this.protocol = "WebSocket";
  }
}

function leadingLineEnds(bytes: Buffer): number {
  let at = 0;
  while (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) at += 2;
  return at;
}

function keepBody(open: Open, data: Uint8Array): void {
  open.bodyLength += data.length;
  const kept = data.subarray(0, maxBody - open.bodyKept);
  if (kept.length === 0) return;
  open.body.push(Buffer.from(kept));
  open.bodyKept += kept.length;
}

/** RFC 9112, section 6.3. */
function bodyLength(message: HttpMessage, method: string | undefined): Open["left"] {
  const { fields } = message;
  if (message.kind === "reply") {
    const { status } = message;
    if (status < 200 || status === 204 || status === 304 || method === "HEAD") return 0;
  }
  if (/chunked\s*$/i.test(fields.get("transfer-encoding") ?? "")) return "chunked";
  const length = fields.get("content-length");
  if (length !== undefined && /^\d{1,15}$/.test(length)) return Number(length);
  return message.kind === "reply" ? "close" : 0;
}
