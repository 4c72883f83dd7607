import { close, write } from "node:fs";

export interface QueuedWriterOptions {
  readonly fd: number;
  /** What it writes to, for messages: `standard output`, or a path. */
  readonly name: string;
  /** Bytes that may wait. What is beyond them is lost, and counted. */
  readonly maxWaiting?: number;
  /** What waits is written together, up to about this many bytes at once. */
  readonly maxChunk?: number;
  /** The system call; another one in tests. */
  readonly write?: Write;
}

type Write = (fd: number, bytes: Uint8Array, done: (error: Error | null, written: number) => void) => void;

/** About as much as a slow reader's thousands of lines. */
const defaultMaxWaiting = 1024 * 1024;

const defaultMaxChunk = 64 * 1024;

/** After a failure the first pause before the next attempt, and the longest. */
const [firstPauseMs, maxPauseMs] = [100, 5000];

const busyPauseMs = 10;

/** A further failure within this time is part of the one before. */
const sameFailureMs = 60_000;

/** What is lost since it cannot be written. */
export interface Loss {
  readonly lost: number;
  readonly why: string;
}

/**
 * Writes to a file descriptor without ever waiting for it: a full disk, a terminal that is held (Ctrl-S) or a reader
 * that has stopped costs items, such as lines, and nothing else. They wait in memory, up to a limit, and are tried
 * again, so that a short failure loses none, and none is cut.
 *
 * `process.stdout` does none of that on Bun 1.4: it holds what is not read without a limit and reports nothing as
 * waiting, writes to a terminal hold the event loop, and an error event ends the process or, when it is logged, is
 * followed by the next. Here the system call is made in Bun's thread pool, one at a time.
 */
export abstract class QueuedWriter<Item> {
  readonly name: string;
  /** Called when nothing can be written, and not again before that has been well for a minute. */
  onFailure = (_why: string): void => {};
  readonly #fd: number;
  readonly #maxWaiting: number;
  readonly #maxChunk: number;
  readonly #write: Write;
  #items: Item[] = [];
  #waitingBytes = 0;
  /** What is being written: the rest of a chunk, so that an item is never cut. */
  #chunk: Uint8Array | undefined;
  #isWriting = false;
  #isClosed = false;
  #timer: Timer | undefined;
  #pauseMs = firstPauseMs;
  #error: Error | undefined;
  /** Why something was lost, or could not be written last. */
  #why = "";
  #lastFailureAt = Number.NEGATIVE_INFINITY;
  /** Everything is left out until half of what waits has been written. */
  #isFull = false;
  #lost = 0;
  #lostTotal = 0;
  /** Called when nothing waits any more, or when an attempt has failed. */
  readonly #flushed: (() => void)[] = [];

  constructor({ fd, name, maxWaiting, maxChunk, write: writeCall }: QueuedWriterOptions) {
    this.name = name;
    this.#fd = fd;
    this.#maxWaiting = maxWaiting ?? defaultMaxWaiting;
    this.#maxChunk = maxChunk ?? defaultMaxChunk;
    this.#write = writeCall ?? ((file, bytes, done) => write(file, bytes, 0, bytes.length, null, done));
  }

  /** In bytes. */
  protected abstract sizeOf(item: Item): number;

  protected abstract join(items: readonly Item[]): Uint8Array;

  /** What stands where items are missing; undefined: nothing does. */
  protected abstract gap(loss: Loss): Item | undefined;

  /** Items lost since the start. */
  get lost(): number {
    return this.#lostTotal;
  }

  /** What is lost just now; undefined while everything can be written. */
  get loss(): Loss | undefined {
    if (this.#error === undefined && !this.#isFull) return undefined;
    return { lost: this.#lost, why: this.#why };
  }

  /** Why the last attempt failed; undefined after one that succeeded. */
  get error(): Error | undefined {
    return this.#error;
  }

  /**
   * @param item one that is longer than the limit is taken when nothing else waits
   * @returns false when it is lost
   */
  write(item: Item): boolean {
    if (this.#isClosed) return false;
    const bytes = this.sizeOf(item);
    // Nothing written would be told from a descriptor that takes nothing.
    if (bytes === 0) return true;
    const waiting = this.#waitingBytes + (this.#chunk?.length ?? 0);
    if (this.#isFull || (waiting > 0 && waiting + bytes > this.#maxWaiting)) {
      this.#lose();
      return false;
    }
    this.#append(item, bytes);
    if (!this.#isWriting && this.#timer === undefined) this.#attempt();
    return true;
  }

  /** Resolves when nothing waits, or when what waits cannot be written. */
  async flush(): Promise<void> {
    if (this.#isEmpty && !this.#isWriting) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushed.push(resolve);
    if (!this.#isWriting) this.#attempt();
    await promise;
  }

  /** Writes what can be written, and closes the descriptor, whose number may then be another file's. */
  async close(): Promise<void> {
    await this.flush();
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await new Promise<void>((resolve) => close(this.#fd, () => resolve()));
  }

  get #isEmpty(): boolean {
    return this.#items.length === 0 && this.#chunk === undefined;
  }

  #append(item: Item, bytes: number): void {
    this.#items.push(item);
    this.#waitingBytes += bytes;
  }

  #lose(): void {
    this.#lost++;
    this.#lostTotal++;
    if (this.#isFull) return;
    this.#isFull = true;
    if (this.#error === undefined) this.#fail("nobody reads it");
  }

  #attempt(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#chunk ??= this.#nextChunk();
    if (this.#chunk === undefined) {
      this.#resolveFlushed();
      return;
    }
    this.#isWriting = true;
    this.#write(this.#fd, this.#chunk, (error, written) => {
      this.#isWriting = false;
      if (error === null && written > 0) this.#succeeded(written);
      else if (error === null || isBusy(error)) this.#retry(busyPauseMs);
      else this.#failed(error);
    });
  }

  #nextChunk(): Uint8Array | undefined {
    if (this.#items.length === 0) return undefined;
    let [count, size] = [0, 0];
    while (count < this.#items.length && size < this.#maxChunk) size += this.sizeOf(this.#items[count++]!);
    const chunk = this.join(this.#items.splice(0, count));
    this.#waitingBytes -= chunk.length;
    return chunk;
  }

  #succeeded(written: number): void {
    const rest = this.#chunk?.subarray(written);
    this.#chunk = rest?.length === 0 ? undefined : rest;
    this.#error = undefined;
    if (this.#lost > 0 && this.#waitingBytes <= this.#maxWaiting / 2) this.#markGap();
    this.#attempt();
  }

  #markGap(): void {
    const item = this.gap({ lost: this.#lost, why: this.#why });
    this.#lost = 0;
    this.#isFull = false;
    if (item !== undefined) this.#append(item, this.sizeOf(item));
  }

  #failed(error: Error): void {
    const isFirst = this.#error === undefined;
    this.#error = error;
    if (isFirst) this.#fail(error.message);
    this.#lastFailureAt = performance.now();
    this.#retry(this.#pauseMs);
    this.#pauseMs = Math.min(maxPauseMs, this.#pauseMs * 2);
    this.#resolveFlushed();
  }

  /** A failure begins. */
  #fail(why: string): void {
    this.#why = why;
    const now = performance.now();
    const isNew = now - this.#lastFailureAt > sameFailureMs;
    this.#lastFailureAt = now;
    if (!isNew) return;
    this.#pauseMs = firstPauseMs;
    this.onFailure(why);
  }

  #retry(pauseMs: number): void {
    this.#timer = setTimeout(() => this.#attempt(), pauseMs);
    this.#timer.unref();
  }

  #resolveFlushed(): void {
    for (const resolve of this.#flushed.splice(0)) resolve();
  }
}

/** Somebody who shares the descriptor has made it non-blocking, and it takes no more just now: a slow reader. */
const isBusy = (error: Error): boolean => "code" in error && error.code === "EAGAIN";
