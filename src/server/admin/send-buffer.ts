/** Ten times a second is live for a person; what comes after a pause waits for nothing. */
export const defaultGatherMs = 100;

export interface SendBufferOptions {
  /** Milliseconds at least between what the reader gets and what it gets next. */
  readonly gatherMs?: number;
  /** Milliseconds that only go forward; another clock in tests. */
  readonly clock?: () => number;
  /** Another timer in tests. @returns how to stop it */
  readonly after?: (ms: number, call: () => void) => () => void;
}

/**
 * A bounded buffer of what one reader gets. The reader pulls everything that is buffered at once, so that a burst of
 * events costs one write. What comes after a pause is sent at once; what comes soon after it is gathered, because a write for
 * each of many readers costs more than the events themselves.
 */
export class SendBuffer {
  readonly #limit: number;
  readonly #gatherMs: number;
  readonly #clock: () => number;
  readonly #after: (ms: number, call: () => void) => () => void;
  #drainedAt = Number.NEGATIVE_INFINITY;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #isClosed = false;
  #wake = () => {};

  /** @param limit bytes that may be buffered */
  constructor(limit: number, { gatherMs = 0, clock, after = afterTimeout }: SendBufferOptions = {}) {
    this.#limit = limit;
    this.#gatherMs = gatherMs;
    this.#clock = clock ?? (() => performance.now());
    this.#after = after;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  get isHalfEmpty(): boolean {
    return this.#size <= this.#limit / 2;
  }

  /** Whether it takes so many bytes now. */
  hasRoom(size: number): boolean {
    return !this.#isClosed && this.#size + size <= this.#limit;
  }

  /**
   * Takes all of them or none.
   * @param chunks not copied: what many readers get is encoded once for all of them
   * @returns false when the buffer is full or closed; they are dropped then
   */
  write(...chunks: readonly Uint8Array[]): boolean {
    let size = 0;
    for (const { length } of chunks) size += length;
    if (!this.hasRoom(size)) return false;
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
          while (this.isEmpty && !this.#isClosed) await this.#written();
          await this.#gather();
          const bytes = this.#drain();
          if (bytes.length > 0) controller.enqueue(bytes);
          if (this.#isClosed) controller.close();
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    );
  }

  #written(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    return promise;
  }

  /** Waits for what comes soon after the last write, while there is room for it. */
  async #gather(): Promise<void> {
    const due = this.#drainedAt + this.#gatherMs - this.#clock();
    if (due <= 0) return;
    let isDue = false;
    const stop = this.#after(due, () => {
      isDue = true;
      this.#wake();
    });
    while (!isDue && !this.#isClosed && this.isHalfEmpty) await this.#written();
    stop();
  }

  #drain(): Uint8Array {
    this.#drainedAt = this.#clock();
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#size = 0;
    return bytes;
  }
}

function afterTimeout(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}
