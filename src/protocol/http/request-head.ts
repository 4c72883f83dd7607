import { carriageReturn, colon, lineFeed, space, targetBytes, tokenBytes, valueBytes } from "./characters.ts";
import { decimal, fieldValue, findField, isDigit, isNamed, lengthBit } from "./field-bytes.ts";
import { HeaderFields } from "./header-fields.ts";
import { badRequest, HttpError } from "./http-error.ts";

/** What a request's head may be at most. */
export const maxHead = 16 * 1024;
export const maxTarget = 8 * 1024;
export const maxFields = 100;

/** A method of ours, or of RFC 9110 and 5789. CONNECT and TRACE are for proxies. */
const methods: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

const noBytes: Buffer = Buffer.alloc(0);

/** How a request's body ends. */
export type BodyLength = number | "chunked";

/** The head of a request: its first line and its header fields, checked. */
export class RequestHead {
  /** The bytes that it took, with empty lines before it. */
  length = 0;
  method = "";
  /** Path and query; `*` of an OPTIONS request for the server as a whole. */
  target = "";
  /** `host:port` of a target with a host in it, which counts more than the header field Host. */
  authority: string | undefined;
  /** 0 or 1, of HTTP/1. */
  minorVersion = 1;
  bodyLength: BodyLength = 0;
  /** Whether another request may follow on the connection. */
  keepsAlive = true;
  /** The client sends its body once it is asked to. (RFC 9110, section 10.1.1) */
  expectsContinue = false;
  /** The codings of `Content-Encoding`, in lower case. */
  contentCoding = "";
  #source = noBytes;
  #start = 0;
  /** Where its first header field begins. */
  #fieldsStart = 0;
  #fields: HeaderFields | undefined;
  /** A bit for the length of each field's name, modulo 32. */
  #nameLengths = 0;
  #isKept = false;

  /** @param start of its bytes in `source` */
  setBytes(source: Buffer, start: number, fieldsStart: number, end: number, nameLengths: number): void {
    this.#source = source;
    this.#start = start;
    this.#fieldsStart = fieldsStart;
    this.#nameLengths = nameLengths;
    this.length = end - start;
  }

  /**
   * The value of a field, as `fields.get` has it. It is looked up in the bytes: to make texts of all fields costs as much
   * as the rest of the head, and most requests are asked for one or two, which they mostly do not have.
   * @param name letters and hyphens
   */
  field(name: string): string | undefined {
    if ((this.#nameLengths & lengthBit(name.length)) === 0) return undefined;
    return findField(this.#source, this.#fieldsStart, this.#start + this.length - 2, name);
  }

  /** All of them: read when somebody asks. */
  get fields(): HeaderFields {
    this.#fields ??= new HeaderFields(
      this.#source.toString("latin1", this.#fieldsStart, this.#start + this.length - 2),
    );
    return this.#fields;
  }

  /** As it came. */
  get bytes(): Uint8Array {
    return this.#source.subarray(this.#start, this.#start + this.length);
  }

  /** Copies what is not valid any more when the network reuses its buffer. */
  keep(): void {
    if (this.#isKept) return;
    this.#isKept = true;
    const kept = Buffer.allocUnsafeSlow(this.length);
    this.#source.copy(kept, 0, this.#start, this.#start + this.length);
    this.#source = kept;
    this.#fieldsStart -= this.#start;
    this.#start = 0;
  }
}

/**
 * Reads a head that begins at `start`. It is strict wherever another program between could read a head in another
 * way, because then two programs would disagree where a request ends. (RFC 9112)
 * @returns undefined when it is not complete
 * @throws {HttpError} after which nothing else on the connection can be read
 */
export function readRequestHead(bytes: Buffer, start = 0): RequestHead | undefined {
  return reader.read(bytes, start);
}

/** One serves all heads: its fields are those of the head that is being read. */
class HeadReader {
  #bytes = noBytes;
  #end = 0;
  #at = 0;
  #fieldsStart = 0;
  #nameLengths = 0;
  #hosts = 0;
  #hasLength = false;
  #hasCoding = false;
  /** Expects what no server does. */
  #expectsOther = false;
  /** What `Connection` lists, in lower case. */
  #connection = "";
  #head = new RequestHead();

  read(bytes: Buffer, start: number): RequestHead | undefined {
    this.#bytes = bytes;
    this.#end = Math.min(bytes.length, start + maxHead + 1);
    this.#at = start;
    this.#nameLengths = 0;
    this.#hosts = 0;
    this.#hasLength = false;
    this.#hasCoding = false;
    this.#expectsOther = false;
    this.#connection = "";
    this.#head = new RequestHead();
    return this.#read(start);
  }

  #read(start: number): RequestHead | undefined {
    const isComplete = this.#skipEmptyLines() && this.#readFirstLine() && this.#readFields();
    if (this.#at - start > maxHead || (!isComplete && this.#bytes.length - start > maxHead)) throw tooLarge();
    if (!isComplete) return undefined;
    this.#head.setBytes(this.#bytes, start, this.#fieldsStart, this.#at, this.#nameLengths);
    this.#checkWhole();
    return this.#head;
  }

  /** Some clients send a line end too many after a body. (RFC 9112, section 2.2) */
  #skipEmptyLines(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    while (this.#at + 1 < end && bytes[this.#at] === carriageReturn && bytes[this.#at + 1] === lineFeed)
      this.#at += 2;
    // Half of an empty line.
    if (this.#at + 1 === end && bytes[this.#at] === carriageReturn) return false;
    return this.#at < end;
  }

  /** @returns false when the line is not complete */
  #readFirstLine(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    const methodStart = at;
    while (at < end && tokenBytes[bytes[at]!] === 1) at++;
    if (at === end) return false;
    if (at === methodStart || bytes[at] !== space)
      throw badRequest("A request begins with its method, such as GET, and one space");
    const targetStart = ++at;
    let kinds = 0;
    for (let kind = 0; at < end; at++) {
      kind = targetBytes[bytes[at]!]!;
      if (kind === 0) break;
      kinds |= kind;
    }
    if (at - targetStart > maxTarget)
      throw new HttpError(414, `A request's target may have ${maxTarget} bytes`);
    if (at === end) return false;
    if (at === targetStart || bytes[at] !== space)
      throw badRequest(
        "After the target come one space and HTTP/1.1, and the target has no spaces, # or control characters",
      );
    this.#head.method = methodOf(bytes, methodStart, targetStart - 1);
    const isRoot = at === targetStart + 1 && bytes[targetStart] === slash;
    this.#setTarget(isRoot ? "/" : text(bytes, targetStart, at, kinds > 1));
    this.#at = at + 1;
    return this.#readVersion();
  }

  #readVersion(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    if (start + 10 > this.#end) {
      const rest = text(bytes, start, this.#end, false);
      if (rest.includes("\n") || !"HTTP/".startsWith(rest.slice(0, 5))) throw notHttp();
      return false;
    }
    const [major, minor] = [bytes[start + 5]!, bytes[start + 7]!];
    if (!isHttp(bytes, start) || !isDigit(major) || !isDigit(minor)) throw notHttp();
    this.#at = start + 8;
    if (!this.#readLineEnd()) return false;
    if (major !== one) {
      const version = text(bytes, start, start + 8, false);
      throw new HttpError(505, `This is HTTP/1.1, and ${version} is not spoken`);
    }
    // A later HTTP/1 is read as 1.1. (RFC 9110, section 2.5)
    this.#head.minorVersion = minor === zero ? 0 : 1;
    return true;
  }

  #setTarget(target: string): void {
    const head = this.#head;
    if (target.startsWith("/")) head.target = target;
    else if (target === "*" && head.method === "OPTIONS") head.target = target;
    else {
      // As sent to a proxy; the host in it counts, and not the one in Host. (RFC 9112, section 3.2.2)
      const [, authority, path] = /^https?:\/\/([^/?]*)(.*)$/i.exec(target) ?? [];
      // CONNECT names a host alone, and gets its answer for the method.
      if (authority === undefined && head.method !== "CONNECT")
        throw badRequest("A request's target is a path that begins with /");
      if (authority === "" || (authority !== undefined && !isHost(authority))) throw badHost();
      head.authority = authority;
      head.target = path === undefined || path === "" ? "/" : path.startsWith("/") ? path : `/${path}`;
    }
  }

  /** @returns false when the head is not complete */
  #readFields(): boolean {
    const bytes = this.#bytes;
    const end = this.#end;
    this.#fieldsStart = this.#at;
    for (let count = 0; ; count++) {
      let at = this.#at;
      if (at >= end) return false;
      if (bytes[at] === carriageReturn) return this.#readLineEnd();
      if (count === maxFields) throw new HttpError(431, `A request may have ${maxFields} header fields`);
      const nameStart = at;
      while (at < end && tokenBytes[bytes[at]!] === 1) at++;
      if (at === end) return false;
      if (at === nameStart || bytes[at] !== colon) throw badName();
      const nameEnd = at++;
      while (at < end && valueBytes[bytes[at]!] === 1) at++;
      this.#at = at;
      if (!this.#readLineEnd()) return false;
      this.#noteField(nameStart, nameEnd, at);
    }
  }

  /** @returns false when it has not arrived whole */
  #readLineEnd(): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    if (at >= this.#end) return false;
    if (bytes[at] !== carriageReturn || (at + 1 < this.#end && bytes[at + 1] !== lineFeed)) throw badLine();
    if (at + 1 >= this.#end) return false;
    this.#at = at + 2;
    return true;
  }

  /** The fields that say where the request ends, and what becomes of the connection. */
  #noteField(start: number, nameEnd: number, end: number): void {
    const bytes = this.#bytes;
    this.#nameLengths |= lengthBit(nameEnd - start);
    switch (nameEnd - start) {
      case 4:
        if (isNamed(bytes, start, "host")) this.#noteHost(nameEnd + 1, end);
        return;
      case 6:
        if (isNamed(bytes, start, "expect")) this.#noteExpectation(fieldValue(bytes, nameEnd + 1, end));
        return;
      case 10:
        if (isNamed(bytes, start, "connection"))
          this.#connection += `,${fieldValue(bytes, nameEnd + 1, end).toLowerCase()}`;
        return;
      case 14:
        if (isNamed(bytes, start, "content-length")) this.#noteLength(nameEnd + 1, end);
        return;
      case 16:
        if (isNamed(bytes, start, "content-encoding"))
          this.#noteContentCoding(fieldValue(bytes, nameEnd + 1, end).toLowerCase());
        return;
      case 17:
        if (isNamed(bytes, start, "transfer-encoding")) this.#noteCoding(fieldValue(bytes, nameEnd + 1, end));
    }
  }

  /** Several fields of a name are one list. (RFC 9110, section 5.3) */
  #noteContentCoding(value: string): void {
    const { contentCoding } = this.#head;
    this.#head.contentCoding = contentCoding === "" ? value : `${contentCoding}, ${value}`;
  }

  #noteHost(start: number, end: number): void {
    this.#hosts++;
    if (!isPlainHost(this.#bytes, start, end) && !isHost(fieldValue(this.#bytes, start, end)))
      throw badHost();
  }

  #noteExpectation(value: string): void {
    if (value.toLowerCase() === "100-continue") this.#head.expectsContinue = true;
    else this.#expectsOther = true;
  }

  #noteLength(start: number, end: number): void {
    if (this.#hasLength) throw badRequest("Content-Length stands there twice");
    const length = decimal(this.#bytes, start, end);
    if (length < 0) throw badRequest("Content-Length must be a number of bytes");
    this.#hasLength = true;
    if (!this.#hasCoding) this.#head.bodyLength = length;
  }

  #noteCoding(value: string): void {
    // Whoever does not know a coding cannot find the end of the body.
    if (this.#hasCoding || value.toLowerCase() !== "chunked")
      throw badRequest("The only Transfer-Encoding that is understood is chunked, once");
    this.#hasCoding = true;
    this.#head.bodyLength = "chunked";
  }

  /** Of the connection. */
  #wishes(what: "close" | "keep-alive"): boolean {
    return this.#connection !== "" && this.#connection.split(",").some((one) => one.trim() === what);
  }

  #checkWhole(): void {
    const head = this.#head;
    // The two of them together are how requests are smuggled past a proxy. (RFC 9112, section 6.3)
    if (this.#hasLength && this.#hasCoding)
      throw badRequest("A body has a Content-Length or is chunked, and not both");
    if (this.#hasCoding && head.minorVersion === 0) throw badRequest("HTTP/1.0 knows no chunked bodies");
    if (this.#hosts > 1) throw badRequest("Host stands there twice");
    // Also with a host in the target. (RFC 9112, section 3.2)
    if (this.#hosts === 0 && head.minorVersion === 1)
      throw badRequest("A request of HTTP/1.1 needs the header field Host");
    if (head.method !== "GET" && head.method !== "POST" && !methods.has(head.method))
      throw new HttpError(501, `The method is none of ${[...methods].join(", ")}`);
    head.keepsAlive = !this.#wishes("close") && (head.minorVersion === 1 || this.#wishes("keep-alive"));
    // HTTP/1.0 knows no expectations. (RFC 9110, section 10.1.1)
    if (this.#expectsOther && head.minorVersion === 1)
      throw new HttpError(417, "The only expectation that is met is 100-continue");
    if (head.minorVersion === 0 || head.bodyLength === 0) head.expectsContinue = false;
  }
}

const reader = new HeadReader();

/** Most are GET or POST, for which no text is made. */
function methodOf(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length === 3 && isText(bytes, start, "GET")) return "GET";
  if (length === 4 && isText(bytes, start, "POST")) return "POST";
  return text(bytes, start, end, false);
}

function isText(bytes: Uint8Array, start: number, expected: string): boolean {
  for (let index = 0; index < expected.length; index++)
    if (bytes[start + index] !== expected.charCodeAt(index)) return false;
  return true;
}

/** `HTTP/`, a byte, and a point. */
const isHttp = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === 0x48 &&
  bytes[at + 1] === 0x54 &&
  bytes[at + 2] === 0x54 &&
  bytes[at + 3] === 0x50 &&
  bytes[at + 4] === 0x2f &&
  bytes[at + 6] === 0x2e;

const [zero, one, slash] = [0x30, 0x31, 0x2f] as const;

/** What nearly every Host is: letters, digits and points, and a port. No text is made for it. */
function isPlainHost(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] === space) at++;
  const nameStart = at;
  while (at < end && isNameByte(bytes[at]!)) at++;
  if (at < end && at > nameStart && bytes[at] === colon) at++;
  while (at < end && isDigit(bytes[at]!)) at++;
  return at === end;
}

const isNameByte = (byte: number): boolean =>
  isDigit(byte) || byte === 0x2d || byte === 0x2e || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a);

function text(bytes: Buffer, start: number, end: number, isUtf8: boolean): string {
  return bytes.toString(isUtf8 ? "utf8" : "latin1", start, end);
}

/** `host`, `host:port`, or an IPv6 address in brackets; nothing where the target has no host. */
const isHost = (value: string): boolean =>
  /^(?:(?:\[[0-9A-Fa-f:.%\w]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d*)?)?$/.test(value);

const badHost = () => badRequest("Host must be a name or an address, with a port or without");
const badLine = () => badRequest("A line must end in CR LF, and hold no other control characters");
const notHttp = () => badRequest("The first line must end in HTTP/1.1 or HTTP/1.0");
const badName = () =>
  badRequest(
    "A header field is a name, a colon and a value on one line, without white space before the colon",
  );
const tooLarge = () => new HttpError(431, `A request's head may have ${maxHead} bytes`);
