/**
 * A bounded buffer of what one reader gets. The reader pulls everything that is buffered at once, so that a burst of
 * events costs one write.
 */
export class SendBuffer {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isClosed = false;
  #wake = () => {};

  /** @param limit bytes that may be buffered */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  get isHalfEmpty(): boolean {
    return this.#size <= this.#limit / 2;
  }

  /**
   * Takes all of them or none.
   * @param chunks not copied: what many readers get is encoded once for all of them
   * @returns false when the buffer is full or closed; they are dropped then
   */
  write(...chunks: readonly Uint8Array[]): boolean {
    let size = 0;
    for (const { length } of chunks) size += length;
    if (this.#isClosed || this.#size + size > this.#limit) return false;
    this.#add(chunks, size);
    return true;
  }

  /** Ends the stream once everything that is buffered has been read, and these after it, whether there is room or not. */
  close(...last: readonly Uint8Array[]): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#add(last, 0);
  }

  #add(chunks: readonly Uint8Array[], size: number): void {
    for (const chunk of chunks) this.#chunks.push(chunk);
    this.#size += size;
    this.#wake();
  }

  /** @param onCancel called when the reader has disconnected */
  stream(onCancel: () => void): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          // Who enqueues nothing is not asked again, and a write of nothing wakes this, too.
          while (this.isEmpty && !this.#isClosed) {
            await new Promise<void>((resolve) => {
              this.#wake = resolve;
            });
          }
          const bytes = this.#drain();
          if (bytes.length > 0) controller.enqueue(bytes);
          if (this.#isClosed) controller.close();
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    );
  }

  #drain(): Uint8Array {
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#size = 0;
    return bytes;
  }
}
