import { formatAddress } from "../../core/address.ts";
import type { Conversation } from "../../core/traffic.ts";
import type { RequestHead } from "../../protocol/http/request-head.ts";
import type { TcpConnection } from "../tcp/server.ts";
import type { RequestBody } from "./request-body.ts";

/** One request, its body whole. */
export class HttpRequest {
  readonly #head: RequestHead;
  readonly #tcp: TcpConnection;
  readonly #body: RequestBody;
  #abort: AbortController | undefined;
  #hasLeft = false;

  constructor(head: RequestHead, body: RequestBody, tcp: TcpConnection) {
    this.#head = head;
    this.#body = body;
    this.#tcp = tcp;
  }

  /** HEAD is answered as GET; the server leaves the body out. */
  get method(): string {
    const { method } = this.#head;
    return method === "HEAD" ? "GET" : method;
  }

  get isHead(): boolean {
    return this.#head.method === "HEAD";
  }

  /** The method as the client wrote it. */
  get writtenMethod(): string {
    return this.#head.method;
  }

  /** Path and query. */
  get target(): string {
    return this.#head.target;
  }

  /** How the body is coded; undefined: not at all. */
  get contentCoding(): string | undefined {
    const { contentCoding } = this.#head;
    return contentCoding === "" || contentCoding === "identity" ? undefined : contentCoding;
  }

  get minorVersion(): number {
    return this.#head.minorVersion;
  }

  get keepsAlive(): boolean {
    return this.#head.keepsAlive;
  }

  get body(): Uint8Array {
    return this.#body.bytes;
  }

  /** In bytes. */
  get bodyLength(): number {
    return this.#body.length;
  }

  /** Without a byte order mark; undefined: the body is not UTF-8. For short bodies much cheaper than to decode `body`. */
  get bodyText(): string | undefined {
    return this.#body.text;
  }

  /** The head as it came. */
  get headBytes(): Uint8Array {
    return this.#head.bytes;
  }

  /** @param name letters and hyphens */
  header(name: string): string | undefined {
    return this.#head.field(name);
  }

  /** `host:port` that the client asks for, as it writes it. (RFC 9112, section 3.2.2) */
  get host(): string | undefined {
    return this.#head.authority ?? this.header("Host");
  }

  get scheme(): "http" | "https" {
    return this.#tcp.isSecure ? "https" : "http";
  }

  get headers(): readonly (readonly [name: string, value: string])[] {
    return this.#head.fields.entries;
  }

  get conversation(): Conversation {
    return this.#tcp.conversation;
  }

  /** `host:port` of the client. */
  get remote(): string {
    return formatAddress(this.#tcp.remote);
  }

  /** `host:port` of our side. */
  get local(): string {
    return this.#tcp.conversation.local;
  }

  /** Aborted when the client leaves before it has its answer. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#hasLeft) this.abort();
    return this.#abort.signal;
  }

  /** The client has left. */
  abort(): void {
    this.#hasLeft = true;
    this.#abort?.abort(new DOMException("The client has left", "AbortError"));
  }

  /** Copies what is not valid any more when the network reuses its buffer. */
  keep(): void {
    this.#head.keep();
    this.#body.keep();
  }
}
