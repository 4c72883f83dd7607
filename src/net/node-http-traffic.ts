import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Direction, Traffic } from "../core/traffic.ts";
import type { HttpConnection } from "./node-http-connection.ts";

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Tells the traffic of a server of node:http. It hands over no raw bytes, so heads are written again from
 * what it parsed: names, values and their order are the client's, spacing is not, and of our own heads the
 * lines that node:http adds (Date, Connection) are left out.
 */
export class NodeHttpTraffic {
  bytesReceived = 0;
  bytesSent = 0;
  readonly #traffic: Traffic;

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  open(connection: HttpConnection): void {
    if (this.#traffic.wants("open"))
      this.#traffic.emit({ kind: "open", conversation: connection.conversation });
  }

  close(connection: HttpConnection): void {
    if (!connection.isKnown || !this.#traffic.wants("close")) return;
    this.#traffic.emit({ kind: "close", conversation: connection.conversation });
  }

  requestHead(
    connection: HttpConnection,
    { method = "", url = "", httpVersion, rawHeaders }: IncomingMessage,
  ) {
    // `GET / HTTP/1.1`, `Name: value`, each with its line end, and the empty line.
    this.bytesReceived += method.length + url.length + httpVersion.length + 11;
    for (const text of rawHeaders) this.bytesReceived += text.length + 2;
    if (!this.#traffic.wants("bytes")) return;
    const lines = [`${method} ${url} HTTP/${httpVersion}`];
    for (let index = 0; index < rawHeaders.length; index += 2) {
      lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
    }
    this.#bytes(connection, "in", Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"));
  }

  requestBody(connection: HttpConnection, chunk: Uint8Array): void {
    this.bytesReceived += chunk.length;
    if (this.#traffic.wants("bytes")) this.#bytes(connection, "in", chunk);
  }

  reply(connection: HttpConnection, { status, headers, body }: Reply): void {
    const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
    for (const name in headers) lines.push(`${name}: ${headers[name]}`);
    const head = `${lines.join("\r\n")}\r\n\r\n`;
    this.bytesSent += head.length + Buffer.byteLength(body);
    if (this.#traffic.wants("bytes")) this.#bytes(connection, "out", Buffer.from(head + body));
  }

  #bytes(connection: HttpConnection, direction: Direction, bytes: Uint8Array): void {
    this.#traffic.emit({ kind: "bytes", conversation: connection.conversation, direction, bytes });
  }
}
