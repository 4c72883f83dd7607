/** A request of a TIME client. The reply gets the same line end as the request. */
export type TimeRequest =
  | { readonly kind: "time" | "quit" | "invalid"; readonly end: LineEnd }
  /** A line end that arrived after its request was answered; it is sent to complete that reply. */
  | { readonly kind: "end"; readonly end: LineEnd };

export type LineEnd = "" | "\n" | "\r\n";

const noBytes = new Uint8Array(0);
const lf = 0x0a;
const cr = 0x0d;

/** One more than the longest request, `TIME\r`: anything longer is invalid. */
const maxLineLength = 6;

/**
 * Reads the requests of the TIME protocol from the chunks of a byte stream.
 *
 * The original clients send a bare `TIME`, one per segment; others send lines, possibly several in a segment or one in
 * several segments. So a known word is answered as soon as it is complete, with or without a line end; the start of one
 * (`TI`) is kept until the rest comes; everything else is invalid at once, because it is not known whether more will
 * come. So only the start of a word is ever kept, however long a line grows.
 */
export class TimeRequestReader {
  #kept = "";
  /** The last request was answered before a line end arrived; one may follow. */
  #awaitsEnd = false;
  /** ... and the `\r` of its `\r\n` has arrived. */
  #sawReturn = false;
  /** Where the request lies that was read last: after what was kept before, in a chunk. */
  #before = "";
  #chunk: Uint8Array = noBytes;
  #from = 0;
  #to = 0;
  /** Bytes of the chunks before `#chunk`. */
  #passed = 0;
  /** Bytes of the chunks up to the last one. */
  #received = 0;

  /** The bytes of the request that was read last, with its line end if that came with it; valid as long as its chunk. */
  get bytes(): Uint8Array {
    const rest = this.#chunk.subarray(this.#from, this.#to);
    return this.#before === "" ? rest : Buffer.concat([Buffer.from(this.#before, "latin1"), rest]);
  }

  /** Where the request that was read last begins in the stream, and how long it is, as `bytes`. */
  get offset(): number {
    return this.#passed + this.#from - this.#before.length;
  }

  get length(): number {
    return this.#before.length + this.#to - this.#from;
  }

  /** Of the chunk that completed it. */
  get chunkOffset(): number {
    return this.#passed;
  }

  #begin(length: number): void {
    this.#passed = this.#received;
    this.#received += length;
  }

  #setBytes(before: string, chunk: Uint8Array, from: number, to: number): void {
    this.#before = before;
    this.#chunk = chunk;
    this.#from = from;
    this.#to = to;
  }

  /** Whether the start of a request is kept until its rest comes. */
  get isWaiting(): boolean {
    return this.#kept !== "";
  }

  /**
   * Fast path for a chunk that is exactly one TIME request, as nearly every chunk is: it makes neither a generator nor
   * a string. Undefined: use `read`.
   */
  readAlone(chunk: Uint8Array): TimeRequest | undefined {
    const { length } = chunk;
    if (this.#kept !== "" || length < 4 || length > 6 || !isWordAt(chunk, 0, timeWord)) return undefined;
    if (length > 4 && (chunk[length - 1] !== lf || (length === 6 && chunk[4] !== cr))) return undefined;
    // The awaited line end did not come: this is the next request.
    this.#sawReturn = false;
    this.#awaitsEnd = length === 4;
    this.#begin(length);
    this.#setBytes("", chunk, 0, length);
    return length === 6 ? timeReturnLine : length === 5 ? timeLine : timeBare;
  }

  /** The requests that `chunk` completes, in order. */
  *read(chunk: Uint8Array): Generator<TimeRequest> {
    this.#begin(chunk.length);
    let start = 0;
    if (this.#awaitsEnd) {
      const end = this.#lateLineEnd(chunk);
      if (end === undefined) return;
      if (end !== "") yield { kind: "end", end };
      start = end === "" ? 0 : chunk.indexOf(lf) + 1;
    }
    for (let at = chunk.indexOf(lf, start); at >= 0; at = chunk.indexOf(lf, start)) {
      this.#setBytes(this.#kept, chunk, start, at + 1);
      // A whole line, as nearly all are, is read where it lies: a flood of them costs neither views nor strings.
      yield this.#kept === "" ? wholeLine(chunk, start, at) : this.#line(chunk.subarray(start, at));
      start = at + 1;
    }
    if (start < chunk.length) yield* this.#rest(chunk, start);
  }

  /** Ends an incomplete request: the client has closed its side, or the timeout is over. */
  *flush(): Generator<TimeRequest> {
    if (this.#kept === "") return;
    const word = this.#kept.replace(/\r$/, "");
    this.#passed = this.#received;
    this.#setBytes(this.#kept, noBytes, 0, 0);
    this.#kept = "";
    yield { kind: kindOf(word), end: "" };
  }

  /** The line end of an answered request at the start of `chunk`; undefined: only `\r`, wait for the rest. */
  #lateLineEnd(chunk: Uint8Array): LineEnd | undefined {
    if (chunk.length === 1 && chunk[0] === cr && !this.#sawReturn) {
      this.#sawReturn = true;
      return undefined;
    }
    const sawReturn = this.#sawReturn;
    this.#sawReturn = false;
    this.#awaitsEnd = false;
    if (chunk[0] === lf) return sawReturn ? "\r\n" : "\n";
    return chunk[0] === cr && chunk[1] === lf ? "\r\n" : "";
  }

  #line(bytes: Uint8Array): TimeRequest {
    const line = this.#kept + startOf(bytes);
    const returned = bytes.length > 0 ? bytes.at(-1) === cr : line.endsWith("\r");
    this.#kept = "";
    return { kind: kindOf(returned ? line.slice(0, -1) : line), end: returned ? "\r\n" : "\n" };
  }

  *#rest(chunk: Uint8Array, start: number): Generator<TimeRequest> {
    const text = this.#kept + startOf(chunk.subarray(start));
    this.#setBytes(this.#kept, chunk, start, chunk.length);
    this.#kept = "";
    if (isStart(text)) {
      this.#kept = text;
      return;
    }
    this.#awaitsEnd = true;
    yield { kind: kindOf(text), end: "" };
  }
}

const timeBare: TimeRequest = { kind: "time", end: "" };
const timeLine: TimeRequest = { kind: "time", end: "\n" };
const timeReturnLine: TimeRequest = { kind: "time", end: "\r\n" };

const timeWord = Buffer.from("TIME");
const quitWord = Buffer.from("QUIT");

const quitLine: TimeRequest = { kind: "quit", end: "\n" };
const quitReturnLine: TimeRequest = { kind: "quit", end: "\r\n" };
const invalidLine: TimeRequest = { kind: "invalid", end: "\n" };
const invalidReturnLine: TimeRequest = { kind: "invalid", end: "\r\n" };

/** The request in the line from `start` to its `\n` at `end`. */
function wholeLine(chunk: Uint8Array, start: number, end: number): TimeRequest {
  const isReturned = end > start && chunk[end - 1] === cr;
  if (end - start === (isReturned ? 5 : 4)) {
    if (isWordAt(chunk, start, timeWord)) return isReturned ? timeReturnLine : timeLine;
    if (isWordAt(chunk, start, quitWord)) return isReturned ? quitReturnLine : quitLine;
  }
  return isReturned ? invalidReturnLine : invalidLine;
}

function isWordAt(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  return (
    bytes[at] === word[0] &&
    bytes[at + 1] === word[1] &&
    bytes[at + 2] === word[2] &&
    bytes[at + 3] === word[3]
  );
}

function kindOf(word: string): "time" | "quit" | "invalid" {
  if (word === "TIME") return "time";
  if (word === "QUIT") return "quit";
  return "invalid";
}

/** `T` to `TIM` and `TIME\r`, the same for QUIT: more may follow. The bare word is complete. */
function isStart(text: string): boolean {
  const isPart = "TIME\r".startsWith(text) || "QUIT\r".startsWith(text);
  return isPart && text.length !== 4;
}

/** The first bytes as text, enough to recognize a known word. */
function startOf(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length && i < maxLineLength; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}
