import { STATUS_CODES } from "node:http";
import type { Direction, Traffic } from "../../core/traffic.ts";
import { redactedHeader, redactedTarget } from "./head.ts";
import type { NodeHttpExchange } from "./node-exchange.ts";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Emits the traffic events of a node:http server. node:http exposes no raw bytes, so heads are rebuilt from what it
 * parsed: names, values and order are the client's, spacing is not, and secrets are `***`. Our own heads lack the lines
 * that node:http adds (Date, Connection).
 */
export class NodeHttpTraffic {
  bytesReceived = 0;
  bytesSent = 0;
  readonly #traffic: Traffic;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  open(exchange: NodeHttpExchange): void {
    if (this.#traffic.sample("open"))
      this.#traffic.emit({ kind: "open", conversation: exchange.conversation });
  }

  close(exchange: NodeHttpExchange, reason?: string): void {
    if (!exchange.wasObserved || !this.#traffic.sample("close")) return;
    const why = reason === undefined ? {} : { reason };
    this.#traffic.emit({ kind: "close", conversation: exchange.conversation, ...why });
  }

  requestHead(exchange: NodeHttpExchange): void {
    const { method = "", url = "", httpVersion, rawHeaders } = exchange.incoming;
    // `GET / HTTP/1.1`, `Name: value`, each with its line end, and the empty line.
    this.bytesReceived += method.length + url.length + httpVersion.length + 11;
    for (const text of rawHeaders) this.bytesReceived += text.length + 2;
    if (!this.#traffic.sample("bytes")) return;
    const lines = [`${method} ${redactedTarget(url)} HTTP/${httpVersion}`];
    for (let index = 0; index < rawHeaders.length; index += 2) {
      lines.push(redactedHeader(rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""));
    }
    this.#bytes(exchange, "in", Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
  }

  requestBody(exchange: NodeHttpExchange, chunk: Uint8Array): void {
    this.bytesReceived += chunk.length;
    // The rest of a body that was too large is ignored once the request has been answered.
    if (exchange.isOpen && this.#traffic.sample("bytes")) this.#bytes(exchange, "in", chunk);
  }

  reply(exchange: NodeHttpExchange, { status, headers, body }: Reply): void {
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
    for (const name in headers) lines.push(redactedHeader(name, headers[name] ?? ""));
    const head = `${lines.join("\r\n")}\r\n\r\n`;
    this.bytesSent += head.length + Buffer.byteLength(body);
    if (this.#traffic.sample("bytes")) this.#bytes(exchange, "out", Buffer.from(head + body));
  }

  #bytes(exchange: NodeHttpExchange, direction: Direction, bytes: Uint8Array): void {
    this.#traffic.emit({ kind: "bytes", conversation: exchange.conversation, direction, bytes });
  }
}
