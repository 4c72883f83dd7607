const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The body of a request, where it lies in what has arrived. A view is made when somebody asks for one: the first view of
 * a chunk makes the engine move its bytes, which costs as much as all the rest of reading a short request.
 */
export class RequestBody {
  #source: Buffer;
  #start: number;
  #end: number;

  constructor(source: Buffer, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  get bytes(): Uint8Array {
    return this.#source.subarray(this.#start, this.#end);
  }

  /** Without a byte order mark; undefined: the bytes are not UTF-8. */
  get text(): string | undefined {
    const text = this.#source.toString("utf8", this.#start, this.#end);
    // What is not UTF-8 became the replacement character; but it may as well stand there.
    if (!text.includes("\ufffd") && text.charCodeAt(0) !== 0xfeff) return text;
    try {
      return decoder.decode(this.bytes);
    } catch {
      return undefined;
    }
  }

  /** Copies what is not valid any more when the network reuses its buffer. */
  keep(): void {
    if (this.length === 0) return;
    this.#source = Buffer.from(this.bytes);
    this.#end -= this.#start;
    this.#start = 0;
  }
}

export const noBody = new RequestBody(Buffer.alloc(0), 0, 0);
