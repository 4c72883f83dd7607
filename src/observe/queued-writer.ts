import { close, write } from "node:fs";

export interface QueuedWriterOptions {
  readonly fd: number;
  /** What it writes to, for messages: `standard output`, or a path. */
  readonly name: string;
  /** Why something is lost that does not fit into memory, while no write fails. */
  readonly slowness?: string;
  /** Bytes that may wait. What is beyond them is lost, and counted. */
  readonly maxWaiting?: number;
  /** Absent: nothing waits for others to be written with. */
  readonly batch?: Batch;
  /** The system call; another one in tests. */
  readonly write?: Write;
}

/** Items wait for each other until there are so many bytes of them, or until the first one has waited so long. */
export interface Batch {
  readonly bytes: number;
  readonly ms: number;
}

type Write = (fd: number, bytes: Uint8Array, done: (error: Error | null, written: number) => void) => void;

/** About as much as a slow reader's thousands of lines. */
const defaultMaxWaiting = 1024 * 1024;

/** After a failure the first pause before the next attempt, and the longest. */
const [firstPauseMs, maxPauseMs] = [100, 5000];

const busyPauseMs = 10;

/** A further failure within this time is part of the one before. */
const sameFailureMs = 60_000;

/** What waits to be written. */
export interface ItemQueue<Item> {
  /** In bytes. */
  sizeOf(item: Item): number;
  push(item: Item): void;
  /** As much from the front as is to be written at once; undefined when nothing waits. */
  take(): Uint8Array | undefined;
  /** The memory of what was taken, or a part of it, is not needed any more. */
  release(taken: Uint8Array): void;
}

/** What could not be written. */
export interface Unwritten {
  /** So many bytes of this have been written. */
  readonly chunk: Uint8Array | undefined;
  readonly written: number;
  readonly rest: readonly Uint8Array[];
}

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
  readonly #batch: Batch;
  readonly #slowness: string;
  readonly #queue: ItemQueue<Item>;
  readonly #write: Write;
  #waitingBytes = 0;
  /** What is being written, to its end, so that an item is never cut. */
  #chunk: Uint8Array | undefined;
  /** Bytes of it that have been written. */
  #chunkWritten = 0;
  #isWriting = false;
  #isClosed = false;
  #timer: Timer | undefined;
  /** The timer is that of a batch, and not that of the next attempt after a failure. */
  #isBatching = false;
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

  constructor(
    { fd, name, slowness, maxWaiting, batch, write: writeCall }: QueuedWriterOptions,
    queue: ItemQueue<Item>,
  ) {
    this.#queue = queue;
    this.name = name;
    this.#fd = fd;
    this.#maxWaiting = maxWaiting ?? defaultMaxWaiting;
    this.#slowness = slowness ?? "nobody reads it";
    this.#batch = batch ?? { bytes: 0, ms: 0 };
    this.#write = writeCall ?? ((file, bytes, done) => write(file, bytes, 0, bytes.length, null, done));
  }

  /** What waits is not waited for any longer. A write that is on its way may still come to its end. */
  abandon(): void {
    if (this.#isClosed || this.isEmpty) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const unwritten = this.#unwrittenChunks();
    this.#chunk = undefined;
    this.#chunkWritten = 0;
    this.#waitingBytes = 0;
    this.giveUp(this.#isWriting ? undefined : this.#fd, unwritten);
  }

  /** What could not be written is given up. @param _fd undefined while a write is on its way */
  protected giveUp(_fd: number | undefined, _unwritten: Unwritten): void {}

  #unwrittenChunks(): Unwritten {
    const rest: Uint8Array[] = [];
    for (let chunk = this.#queue.take(); chunk !== undefined; chunk = this.#queue.take()) rest.push(chunk);
    return { chunk: this.#chunk, written: this.#chunkWritten, rest };
  }

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
    const bytes = this.#queue.sizeOf(item);
    // A write of nothing cannot be told from a descriptor that takes nothing.
    if (bytes === 0) return !this.#isClosed;
    if (!this.hasRoom(bytes)) return false;
    this.#queue.push(item);
    this.added(bytes);
    return true;
  }

  /** Whether an item of so many bytes is taken. One that is not is lost, and counted. */
  protected hasRoom(bytes: number): boolean {
    if (this.#isClosed) return false;
    const waiting = this.#waitingBytes + this.#unwritten;
    const isTaken = !this.#isFull && (waiting === 0 || waiting + bytes <= this.#maxWaiting);
    if (!isTaken) this.#lose();
    return isTaken;
  }

  /** An item of so many bytes is in the queue now. */
  protected added(bytes: number): void {
    this.#waitingBytes += bytes;
    const isIdle = !this.#isWriting && (this.#timer === undefined || this.#isBatching);
    if (isIdle) this.#begin();
  }

  /** Writes what waits, at once or with what comes soon. */
  #begin(): void {
    if (this.#waitingBytes >= this.#batch.bytes || this.#flushed.length > 0) this.#attempt();
    else if (!this.#isBatching) {
      this.#isBatching = true;
      this.#retry(this.#batch.ms);
    }
  }

  /** Resolves when nothing waits, or when what waits cannot be written. */
  async flush(): Promise<void> {
    if (this.isEmpty && !this.#isWriting) return;
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
    if (!this.isEmpty) this.giveUp(this.#fd, this.#unwrittenChunks());
    await new Promise<void>((resolve) => close(this.#fd, () => resolve()));
  }

  /** Bytes of what is being written. */
  get #unwritten(): number {
    return this.#chunk === undefined ? 0 : this.#chunk.length - this.#chunkWritten;
  }

  /** Nothing waits. */
  get isEmpty(): boolean {
    return this.#waitingBytes === 0 && this.#chunk === undefined;
  }

  #lose(): void {
    this.#lost++;
    this.#lostTotal++;
    if (this.#isFull) return;
    this.#isFull = true;
    if (this.#error === undefined) this.#fail(this.#slowness);
  }

  #attempt(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBatching = false;
    this.#chunk ??= this.#nextChunk();
    if (this.#chunk === undefined) {
      this.#resolveFlushed();
      return;
    }
    this.#isWriting = true;
    this.#write(this.#fd, this.#chunk.subarray(this.#chunkWritten), (error, written) => {
      this.#isWriting = false;
      if (error === null && written > 0) this.#succeeded(written);
      else if (error === null || isBusy(error)) this.#retry(busyPauseMs);
      else this.#failed(error);
    });
  }

  #nextChunk(): Uint8Array | undefined {
    const chunk = this.#queue.take();
    this.#waitingBytes -= chunk?.length ?? 0;
    return chunk;
  }

  #succeeded(written: number): void {
    this.#advance(written);
    this.#error = undefined;
    if (this.#lost > 0 && this.#waitingBytes <= this.#maxWaiting / 2) this.#markGap();
    if (this.#chunk === undefined && this.#waitingBytes > 0) this.#begin();
    else this.#attempt();
  }

  #advance(written: number): void {
    this.#chunkWritten += written;
    if (this.#chunk === undefined || this.#unwritten > 0) return;
    this.#queue.release(this.#chunk);
    this.#chunk = undefined;
    this.#chunkWritten = 0;
  }

  #markGap(): void {
    const item = this.gap({ lost: this.#lost, why: this.#why });
    this.#lost = 0;
    this.#isFull = false;
    if (item === undefined) return;
    this.#queue.push(item);
    this.#waitingBytes += this.#queue.sizeOf(item);
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
