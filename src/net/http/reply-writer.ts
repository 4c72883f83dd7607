import { hasNoBody, statusLine } from "../../protocol/http/status.ts";
import type { TcpConnection } from "../tcp/server.ts";
import type { HttpReply } from "./api.ts";

/** How a reply's body ends: after so many bytes, with its last chunk, with the connection; or it has none. */
export type ReplyLength = number | "chunked" | "close" | "none";

/** What is said of the connection; empty: nothing. */
export type ReplyConnection = "" | "close" | "keep-alive";

/** A head up to its Content-Length. */
interface HeadStart {
  status: number;
  /** Of its date. */
  second: number;
  text: string;
  /** The lines of the header fields, which do not change. */
  readonly fields: string;
}

/** Writes replies. All connections of a server share one. */
export class ReplyWriter {
  /** By the header fields that were given, of which a service has a few. */
  readonly #starts = new WeakMap<HttpReply["headers"], HeadStart>();

  head({ status, headers }: HttpReply, length: ReplyLength, connection: ReplyConnection): string {
    let text = this.#start(status, headers);
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

  /** Made once a second, as the date: most replies of a service begin alike. */
  #start(status: number, headers: HttpReply["headers"]): string {
    const now = Date.now();
    const second = Math.floor(now / 1000);
    let start = this.#starts.get(headers);
    if (start?.second === second && start.status === status) return start.text;
    if (start === undefined) {
      start = { status, second, text: "", fields: linesOf(headers) };
      this.#starts.set(headers, start);
    }
    start.status = status;
    start.second = second;
    start.text = inOnePiece(`${statusLine(status)}Date: ${new Date(now).toUTCString()}\r\n${start.fields}`);
    return start.text;
  }
}

function linesOf(headers: HttpReply["headers"]): string {
  return Object.entries(headers)
    .flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}: ${value.replace(unwritable, "?")}\r\n`),
    )
    .join("");
}

/** The engine keeps a text that was put together as its parts, and would put them together again in each reply. */
const inOnePiece = (ascii: string): string => Buffer.from(ascii, "latin1").toString("latin1");

/** What has no place in a field's value: a line break would begin another field. A head is ASCII, so as long as its text. */
const unwritable = /[^\t\x20-\x7e]/g;

/** @param status of a reply whose body has no end of its own */
export const lengthOf = (status: number, body: string | Uint8Array): number | "none" =>
  hasNoBody(status) ? "none" : typeof body === "string" ? Buffer.byteLength(body) : body.length;
