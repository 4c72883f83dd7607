const encoder = new TextEncoder();

/**
 * What waits for one reader, bounded: it is handed over only when the reader has room for it, all of it at once, so
 * that a burst costs one write.
 */
export class Outbox {
  readonly #limit: number;
  #waiting: string[] = [];
  #size = 0;
  #closed = false;
  #wake = () => {};

  /** @param limit characters that may wait */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get isHalfEmpty(): boolean {
    return this.#size <= this.#limit / 2;
  }

  /** @returns false when there is no room: the text is not sent */
  add(text: string): boolean {
    if (this.#closed || this.#size + text.length > this.#limit) return false;
    this.#waiting.push(text);
    this.#size += text.length;
    this.#wake();
    return true;
  }

  /** Ends the stream once what waits has been read. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** @param left called when the reader has gone */
  stream(left: () => void): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (this.isEmpty && !this.#closed) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve;
            });
          }
          const text = this.#take();
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (this.#closed) controller.close();
        },
        cancel: left,
      },
      { highWaterMark: 0 },
    );
  }

  #take(): string {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#size = 0;
    return text;
  }
}
