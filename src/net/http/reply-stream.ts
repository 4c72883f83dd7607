/** Where a stream goes. */
export interface StreamSink {
  /** More waits for the client than it reads. */
  readonly isFull: boolean;
  write(bytes: Uint8Array): void;
}

/** Of a reply's body; the types of Bun and of Node say two things of it. */
interface StreamReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** Milliseconds of a stream that always has more, in one turn of the event loop. */
const sliceMs = 1;

const lastChunk = Buffer.from("0\r\n\r\n");

/** The longest line with a chunk's length, and the end of the line after the chunk. */
const maxFraming = 16;

/** A larger chunk has memory of its own. */
const maxKept = 64 * 1024;

/** A reply's body that is sent as it comes, no faster than the client reads it, and in turn with other clients. */
export class ReplyStream {
  readonly #reader: StreamReader;
  readonly #isChunked: boolean;
  readonly #sink: StreamSink;
  #isCancelled = false;
  /** For framed chunks, which are the network's no longer when they have been written. */
  #kept = Buffer.alloc(0);
  #drained = () => {};

  constructor(body: ReadableStream<Uint8Array>, isChunked: boolean, sink: StreamSink) {
    this.#reader = body.getReader();
    this.#isChunked = isChunked;
    this.#sink = sink;
  }

  /** @returns whether it was sent whole: it may be cancelled before */
  async send(): Promise<boolean> {
    let start = performance.now();
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (this.#isCancelled) return false;
      if (done) break;
      if (value !== undefined && value.length > 0)
        this.#sink.write(this.#isChunked ? this.#chunk(value) : value);
      if (performance.now() - start > sliceMs) {
        await new Promise((resolve) => setImmediate(resolve));
        start = performance.now();
      }
      if (!this.#isCancelled && this.#sink.isFull) await this.#hasDrained();
      if (this.#isCancelled) return false;
    }
    if (this.#isChunked) this.#sink.write(lastChunk);
    return true;
  }

  /** The client has read what waited for it. */
  drained(): void {
    this.#drained();
  }

  /** The client has left. */
  cancel(): void {
    this.#isCancelled = true;
    void this.#reader.cancel().catch(() => {});
    this.#drained();
  }

  #hasDrained(): Promise<void> {
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /** (RFC 9112, section 7.1) */
  #chunk(data: Uint8Array): Buffer {
    const line = `${data.length.toString(16)}\r\n`;
    const chunk = this.#memory(data.length + maxFraming);
    let end = chunk.write(line, 0, "latin1");
    chunk.set(data, end);
    end += data.length;
    end += chunk.write("\r\n", end, "latin1");
    return chunk.subarray(0, end);
  }

  #memory(size: number): Buffer {
    if (size > maxKept) return Buffer.allocUnsafe(size);
    if (size > this.#kept.length) this.#kept = Buffer.allocUnsafeSlow(Math.min(maxKept, size * 2));
    return this.#kept;
  }
}
