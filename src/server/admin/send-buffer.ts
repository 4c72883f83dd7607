const encoder = new TextEncoder();

/**
 * A bounded buffer of text for one reader. The reader pulls everything that is buffered at once, so that a burst of
 * events costs one write.
 */
export class SendBuffer {
  readonly #limit: number;
  #chunks: string[] = [];
  #size = 0;
  #isClosed = false;
  #wake = () => {};

  /** @param limit characters that may be buffered */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  get isHalfEmpty(): boolean {
    return this.#size <= this.#limit / 2;
  }

  /** @returns false when the buffer is full or closed; the text is dropped then */
  write(text: string): boolean {
    if (this.#isClosed || this.#size + text.length > this.#limit) return false;
    this.#chunks.push(text);
    this.#size += text.length;
    this.#wake();
    return true;
  }

  /** Ends the stream once everything that is buffered has been read. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** @param onCancel called when the reader has disconnected */
  stream(onCancel: () => void): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (this.isEmpty && !this.#isClosed) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve;
            });
          }
          const text = this.#drain();
          if (text !== "") controller.enqueue(encoder.encode(text));
          if (this.#isClosed) controller.close();
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    );
  }

  #drain(): string {
    const text = this.#chunks.join("");
    this.#chunks = [];
    this.#size = 0;
    return text;
  }
}
