import { hasNoBody, statusLine } from "../../protocol/http/status.ts";
import type { TcpConnection } from "../tcp/server.ts";
import type { HttpReply } from "./api.ts";

/** How a reply's body ends: after so many bytes, with its last chunk, with the connection; or it has none. */
export type ReplyLength = number | "chunked" | "close" | "none";

export interface ReplyForm {
  /** To HEAD: all but the body. */
  readonly isHead: boolean;
  readonly length: ReplyLength;
  /** The value of Connection; empty: nothing is said. */
  readonly connection: "" | "close" | "keep-alive";
}

/** Writes replies. All connections of a server share one. */
export class ReplyWriter {
  /** The lines of header fields that do not change, of which a service has a few. */
  readonly #texts = new WeakMap<HttpReply["headers"], string>();
  #second = 0;
  #date = "";

  head({ status, headers }: HttpReply, { length, connection }: ReplyForm): string {
    let text = statusLine(status) + this.#dateLine() + this.#textOf(headers);
    if (typeof length === "number") text += `Content-Length: ${length}\r\n`;
    else if (length === "chunked") text += "Transfer-Encoding: chunked\r\n";
    if (connection !== "") text += `Connection: ${connection}\r\n`;
    return `${text}\r\n`;
  }

  /** Sends head and body by one system call. @param length of the body, in bytes */
  write(tcp: TcpConnection, head: string, body: string | Uint8Array, length: number): void {
    if (typeof body === "string") {
      tcp.writeText(head + body, head.length + length);
      return;
    }
    tcp.cork(() => {
      tcp.write(Buffer.from(head));
      tcp.write(body);
    });
  }

  #dateLine(): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = `Date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.#date;
  }

  #textOf(headers: HttpReply["headers"]): string {
    const kept = this.#texts.get(headers);
    if (kept !== undefined) return kept;
    const text = Object.entries(headers)
      .flatMap(([name, values]) =>
        [values].flat().map((value) => `${name}: ${value.replace(unwritable, "?")}\r\n`),
      )
      .join("");
    this.#texts.set(headers, text);
    return text;
  }
}

/** What has no place in a field's value: a line break would begin another field. A head is ASCII, so as long as its text. */
const unwritable = /[^\t\x20-\x7e]/g;

/** @param status of a reply whose body has no end of its own */
export const lengthOf = (status: number, body: string | Uint8Array): ReplyLength =>
  hasNoBody(status) ? "none" : typeof body === "string" ? Buffer.byteLength(body) : body.length;
