import type { Lease } from "../../../net/lease.ts";
import { memoryStore } from "../ports/store.ts";
import { Commits } from "./commit-gate.ts";
import { LateBytes } from "./deferred-writes.ts";

/** What a connection's bytes go out through: a TCP connection, or a test. */
export interface Link {
  /** Takes all of `bytes`; they are the caller's again when it returns, unless they come with a lease. */
  write(bytes: Uint8Array, lease?: Lease): unknown;
  /** Bytes that the network has not taken yet. */
  readonly buffered: number;
  /** Stops and restarts reading. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes now. */
  destroy(): void;
}

const noBytes = Buffer.alloc(0);

// Most turns write little to a client; a few write much. A buffer grows from one size to the next as needed and
// goes back when it has been written, so an idle client holds none.
const sizes = [2 * 1024, 16 * 1024, 128 * 1024];

/** What is longer is written as it stands, and not gathered with others. */
export const largest = sizes[sizes.length - 1]!;

const pooledOfEach = 64;

/**
 * Gathers what connections have to say during a turn of the event loop, so each makes one write per turn.
 * A message copied to a thousand subscribers is then a thousand copies and a thousand writes, however many
 * messages there were.
 */
export class Flusher {
  readonly #pools: Buffer[][] = sizes.map(() => []);
  #dirty: Output[] = [];
  #isScheduled = false;
  #held = 0;
  /** Bytes that the network has not taken from all connections together. */
  backlog = 0;

  constructor(
    readonly soon: (call: () => void) => void,
    /** Write early when this many bytes are held in buffers. */
    readonly budget = 32 * 1024 * 1024,
    /** Asked before anything is written. */
    readonly commits = new Commits(memoryStore, soon, () => {}),
  ) {}

  /** Writes what everybody has to say. */
  readonly flush = (): void => {
    this.#isScheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    const mayWrite = this.commits.commit();
    for (const output of dirty) output.finish(mayWrite);
  };

  mark(output: Output): void {
    this.#dirty.push(output);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.soon(this.flush);
    } else if (this.#held > this.budget && !this.commits.isHeld) {
      for (const other of this.#dirty) if (other !== output) other.flush();
      this.#dirty = [output];
    }
  }

  /** A buffer of at least `length` bytes, or the largest there is. */
  take(length: number): Buffer {
    let index = 0;
    while (index < sizes.length - 1 && sizes[index]! < length) index++;
    this.#held += sizes[index]!;
    return this.#pools[index]!.pop() ?? Buffer.allocUnsafeSlow(sizes[index]!);
  }

  give(buffer: Buffer): void {
    this.#held -= buffer.length;
    const pool = this.#pools[sizes.indexOf(buffer.length)];
    if (pool !== undefined && pool.length < pooledOfEach) pool.push(buffer);
  }
}

/** One connection's bytes of this turn. */
export class Output {
  /** Where `reserve` made room. */
  buffer: Buffer = noBytes;
  #backlog = 0;
  #used = 0;
  #isMarked = false;
  readonly #late = new LateBytes();

  constructor(
    readonly link: Link,
    readonly flusher: Flusher,
  ) {}

  /** Room for a packet of at most `largest` bytes. @returns where in `buffer` it must be written */
  reserve(length: number): number {
    const at = this.#used;
    if (at + length > this.buffer.length) return this.#reserveMore(length);
    this.#used = at + length;
    return at;
  }

  /** Appends `source` from `start` to `end`, of any length. */
  copy(source: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#used + length > this.buffer.length && length > largest) {
      this.#writeThrough(source.subarray(start, end));
      return;
    }
    const at = this.reserve(length);
    // A quarter of the time of `set(subarray)` for small messages: no view is made.
    source.copy(this.buffer, at, start, end);
  }

  /** Sends bytes that do not change, without copying them. */
  lend(bytes: Uint8Array, lease: Lease): void {
    this.#writeThrough(bytes, lease);
  }

  append(bytes: Uint8Array): void {
    this.copy(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  /** Bytes that the network had not taken when it was last asked. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Asks how much the network has not taken. */
  measure(): void {
    const buffered = this.link.buffered + this.#late.length;
    this.flusher.backlog += buffered - this.#backlog;
    this.#backlog = buffered;
  }

  /** The network is gone, and what waited with it. */
  forget(): void {
    this.#late.clear();
    this.flusher.backlog -= this.#backlog;
    this.#backlog = 0;
  }

  /** Writes now, before the turn is over. */
  flush(): void {
    this.finish(this.flusher.commits.commit());
  }

  /** The turn is over. */
  finish(mayWrite: boolean): void {
    this.#isMarked = false;
    if (this.#used > 0 || this.#late.length > 0) this.#writeAll(mayWrite);
    if (this.buffer.length === 0) return;
    this.flusher.give(this.buffer);
    this.buffer = noBytes;
  }

  #writeAll(mayWrite: boolean): void {
    const bytes = this.buffer.subarray(0, this.#used);
    this.#used = 0;
    if (mayWrite) {
      this.#late.writeTo(this.link);
      if (bytes.length > 0) this.link.write(bytes);
    } else this.#late.clear();
    this.measure();
  }

  #writeThrough(bytes: Uint8Array, lease?: Lease): void {
    if (this.#used > 0) this.#writeBuffer();
    this.#writeEarly(bytes, lease);
  }

  #writeBuffer(): void {
    const bytes = this.buffer.subarray(0, this.#used);
    this.#used = 0;
    this.#writeEarly(bytes);
  }

  #writeEarly(bytes: Uint8Array, lease?: Lease): void {
    const { commits } = this.flusher;
    if (commits.isHeld) {
      this.#late.add(bytes, lease);
      commits.whenReleased(this);
    } else if (commits.commit()) {
      this.#late.writeTo(this.link);
      this.link.write(bytes, lease);
    }
    this.measure();
  }

  #reserveMore(length: number): number {
    if (this.#used + length > largest && this.#used > 0) this.#writeBuffer();
    if (this.#used + length > this.buffer.length) this.#grow(this.#used + length);
    if (!this.#isMarked) {
      this.#isMarked = true;
      this.flusher.mark(this);
    }
    const at = this.#used;
    this.#used = at + length;
    return at;
  }

  #grow(length: number): void {
    const old = this.buffer;
    this.buffer = this.flusher.take(length);
    if (old.length === 0) return;
    old.copy(this.buffer, 0, 0, this.#used);
    this.flusher.give(old);
  }
}
