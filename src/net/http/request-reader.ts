import { receivedAt, type StreamPlace } from "../../core/traffic.ts";
import { carriageReturn, lineFeed } from "../../protocol/http/characters.ts";
import { ChunkedReader } from "../../protocol/http/chunked-reader.ts";
import { HttpError } from "../../protocol/http/http-error.ts";
import { maxHead, type RequestHead, readRequestHead } from "../../protocol/http/request-head.ts";
import { noBody, RequestBody } from "./request-body.ts";

/** What a reader tells of while it reads. */
export interface RequestReaderOwner {
  readonly maxBody: number;
  /** Its bytes may hold credentials, and so may those of trailers. @param offset of the first, among all that were received */
  hasReadHead(head: RequestHead, offset: number): void;
  hasReadTrailers(bytes: Uint8Array, offset: number): void;
  /** Bytes of a body, in chunks with their sizes, from `start` to `end` in the source. */
  hasReadBody(source: Buffer, start: number, end: number, offset: number): void;
  /** The client sends its body once it is asked to. */
  expectsContinue(): void;
}

const noBytes: Buffer = Buffer.alloc(0);

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** What one client has sent, as requests, in whatever pieces it has come. */
export class RequestReader {
  readonly #owner: RequestReaderOwner;
  /** What has arrived; from `#at` on it is not used yet. */
  #input: Buffer = noBytes;
  #at = 0;
  /** The network does not reuse the memory of `#input`. */
  #isKept = true;
  /** Bytes of all chunks, and of those before the last one. */
  #received = 0;
  #chunkOffset = 0;
  /** Where the request that is being read begins among them. */
  #requestOffset = 0;
  /** What came last cannot have completed a head. */
  #isSameLine = false;
  /** Of the request whose body is arriving. */
  #head: RequestHead | undefined;
  /** What has come of its body, and room for more. */
  #body: Buffer = noBytes;
  #bodySize = 0;
  #chunks: ChunkedReader | undefined;
  /** After a chunked body: kept until they are whole, because a credential may come in two pieces. */
  #trailers: Buffer = noBytes;

  constructor(owner: RequestReaderOwner) {
    this.#owner = owner;
  }

  /** Bytes that it keeps. */
  get held(): number {
    return (this.#isKept ? this.#input.length : 0) + this.#body.length + this.#trailers.length;
  }

  /** Bytes that are not read yet. */
  get unread(): number {
    return this.#input.length - this.#at;
  }

  /** Of the byte that is read next, among all that has been received. */
  get offset(): number {
    return this.#received - this.unread;
  }

  /** Where the request that was read last lies among all that has been received. */
  get place(): StreamPlace {
    return receivedAt(this.#requestOffset, this.offset - this.#requestOffset, this.#chunkOffset);
  }

  /** A request has begun, and has not been taken. */
  get isInRequest(): boolean {
    return this.#head !== undefined || this.unread > 0;
  }

  /** Of the request whose body is arriving. */
  get head(): RequestHead | undefined {
    return this.#head;
  }

  /** False when it would be in vain to try. */
  get mayHaveRequest(): boolean {
    return !this.#isSameLine || this.unread > maxHead;
  }

  /** @param chunk valid until `keep` */
  add(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    const isMore = this.unread > 0;
    this.#chunkOffset = this.#received;
    this.#received += bytes.length;
    // A head is read from its beginning each time, so only when another line of it has come.
    this.#isSameLine = isMore && this.#head === undefined && !bytes.includes(lineFeed);
    this.#input = isMore ? Buffer.concat([this.#input.subarray(this.#at), bytes]) : bytes;
    this.#isKept = isMore;
    this.#at = 0;
  }

  /** @returns the body when a request is whole; then it is to be taken. @throws {HttpError} */
  read(): RequestBody | undefined {
    if (this.#head === undefined && !this.#readHead()) return undefined;
    const { bodyLength } = this.#head!;
    if (bodyLength === 0) return noBody;
    if (bodyLength === "chunked") return this.#readChunks();
    return this.#readBytes(bodyLength);
  }

  /** The request is complete, or given up: the next one begins. */
  take(): RequestHead | undefined {
    const head = this.#head;
    this.#head = undefined;
    if (this.#bodySize > 0) {
      this.#body = noBytes;
      this.#bodySize = 0;
    }
    this.#chunks = undefined;
    this.#trailers = noBytes;
    return head;
  }

  /** All that is left, which is not read as a request: of trailers also what came before, in which a credential may begin. */
  takeRest(): Buffer {
    const unread = this.#input.subarray(this.#at);
    const rest = this.#trailers.length === 0 ? unread : Buffer.concat([this.#trailers, unread]);
    this.#trailers = noBytes;
    this.drop();
    return rest;
  }

  /** Nothing else is read. */
  drop(): void {
    this.#input = noBytes;
    this.#at = 0;
    this.#isKept = true;
  }

  /** Copies what is not valid any more when the network reuses its buffer. */
  keep(): void {
    this.#skipLineEnds();
    if (this.unread === 0) this.drop();
    // What has been read of it is dropped now and then, so that a long pipeline is not copied for each request.
    else if (!this.#isKept || this.#at > this.#input.length / 2) {
      this.#input = Buffer.from(this.#input.subarray(this.#at));
      this.#at = 0;
      this.#isKept = true;
    }
    this.#head?.keep();
  }

  /** What some clients send after a body begins no request. (RFC 9112, section 2.2) */
  #skipLineEnds(): void {
    if (this.#head !== undefined) return;
    while (this.#input[this.#at] === carriageReturn && this.#input[this.#at + 1] === lineFeed) this.#at += 2;
  }

  #readHead(): boolean {
    const { offset } = this;
    this.#requestOffset = offset;
    const head = readRequestHead(this.#input, this.#at);
    if (head === undefined) return false;
    this.#head = head;
    this.#at += head.length;
    this.#owner.hasReadHead(head, offset);
    const { bodyLength, expectsContinue } = head;
    if (bodyLength === "chunked") this.#chunks = new ChunkedReader((data) => this.#addPiece(data));
    else if (bodyLength > this.#owner.maxBody) throw tooLarge(this.#owner.maxBody);
    if (expectsContinue && this.unread === 0) this.#owner.expectsContinue();
    return true;
  }

  #readBytes(length: number): RequestBody | undefined {
    const start = this.#at;
    const end = Math.min(this.#input.length, start + length - this.#bodySize);
    if (end > start) this.#owner.hasReadBody(this.#input, start, end, this.offset);
    this.#at = end;
    if (end - start === length) return new RequestBody(this.#input, start, end);
    this.#addPiece(this.#input.subarray(start, end));
    return this.#bodySize === length ? new RequestBody(this.#body, 0, length) : undefined;
  }

  #readChunks(): RequestBody | undefined {
    const reader = this.#chunks!;
    const start = this.#at;
    const input = this.#input.subarray(start);
    const count = reader.read(input);
    const dataEnd = Math.min(reader.trailersAt, count);
    if (dataEnd > 0) this.#owner.hasReadBody(this.#input, start, start + dataEnd, this.offset);
    this.#at += count;
    if (count > dataEnd) this.#trailers = Buffer.concat([this.#trailers, input.subarray(dataEnd, count)]);
    if (!reader.isDone) return undefined;
    this.#owner.hasReadTrailers(this.#trailers, this.offset - this.#trailers.length);
    return new RequestBody(this.#body, 0, this.#bodySize);
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
}

const tooLarge = (limit: number) => new HttpError(413, `The request body is larger than ${limit} bytes`);
