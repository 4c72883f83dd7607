import type { Lease } from "../../../net/tcp/buffers.ts";
import { memoryStore } from "../ports/store.ts";
import { CommitGate } from "./commit-gate.ts";
import { DeferredWrites } from "./deferred-writes.ts";
import { forEachGuarded } from "./guard.ts";
import type { Link } from "./link.ts";

const noBytes = Buffer.alloc(0);

// Most turns write little to a client; a few write much. A buffer grows from one size to the next as needed and
// goes back when it has been written, so an idle client holds none.
const sizes = [2 * 1024, 16 * 1024, 128 * 1024];

/** Longer packets are written from where they lie, and not gathered with others. */
export const maxGathered = sizes[sizes.length - 1]!;

/** Buffers of each size that are kept for reuse. */
const maxPooled = 64;

/**
 * Gathers the output of all connections during a turn of the event loop, so that each makes one write per turn:
 * however many messages go to a thousand subscribers in a turn, they take a thousand writes.
 */
export class Flusher {
  readonly #pools: Buffer[][] = sizes.map(() => []);
  #dirty: OutboundBuffer[] = [];
  #isScheduled = false;
  #held = 0;
  /** Bytes that the network has not taken from all connections together. */
  backlog = 0;

  constructor(
    readonly soon: (call: () => void) => void,
    /** Write early when this many bytes are held in buffers. */
    readonly budget = 32 * 1024 * 1024,
    /** Asked before anything is written. */
    readonly gate = new CommitGate(memoryStore, soon, () => {}),
    readonly onError: (error: unknown) => void = () => {},
  ) {}

  /** Ends the turn: writes what every connection has gathered. A write that throws leaves the others theirs. */
  readonly flush = (): void => {
    this.#isScheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    const mayWrite = this.gate.commit();
    forEachGuarded(dirty, (output) => output.finish(mayWrite), this.onError);
  };

  mark(output: OutboundBuffer): void {
    this.#dirty.push(output);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.soon(this.flush);
    } else if (this.#held > this.budget && !this.gate.isOpen) {
      const others = this.#dirty.filter((other) => other !== output);
      this.#dirty = [output];
      forEachGuarded(others, (other) => other.flush(), this.onError);
    }
  }

  /** A buffer of at least `length` bytes, or the largest there is. */
  allocate(length: number): Buffer {
    let index = 0;
    while (index < sizes.length - 1 && sizes[index]! < length) index++;
    this.#held += sizes[index]!;
    return this.#pools[index]!.pop() ?? Buffer.allocUnsafeSlow(sizes[index]!);
  }

  free(buffer: Buffer): void {
    this.#held -= buffer.length;
    this.#keep(buffer);
  }

  /** A buffer leaves the turn with what is in it. @returns a lease that brings it back when nobody needs it any more */
  lend(buffer: Buffer): Lease {
    this.#held -= buffer.length;
    let holders = 0;
    return {
      hold: () => {
        holders++;
      },
      release: () => {
        if (--holders === 0) this.#keep(buffer);
      },
    };
  }

  #keep(buffer: Buffer): void {
    const pool = this.#pools[sizes.indexOf(buffer.length)];
    if (pool !== undefined && pool.length < maxPooled) pool.push(buffer);
  }
}

const always = (): boolean => true;

/** One connection's outgoing bytes of this turn. */
export class OutboundBuffer {
  /** Where `reserve` made room. */
  bytes: Buffer = noBytes;
  #backlog = 0;
  /** Bytes that have left the buffer, or have never been in it. */
  #passed = 0;
  #used = 0;
  #isMarked = false;
  /** The group of the store that what is gathered waits for; 0: it waits for nothing. */
  #group = 0;
  readonly #deferred = new DeferredWrites();
  #whenWritten: (() => void) | undefined;

  constructor(
    readonly link: Link,
    readonly flusher: Flusher,
    /** Called when writes that were deferred or held have been made: the network may take more by now. */
    readonly onDeferredWritten: () => void = () => {},
  ) {}

  /** Makes room for a packet of at most `maxGathered` bytes. @returns where in `bytes` it must be written */
  reserve(length: number): number {
    const at = this.#used;
    if (at + length > this.bytes.length) return this.#reserveMore(length);
    this.#used = at + length;
    return at;
  }

  /** Appends `source` from `start` to `end`, of any length. */
  copy(source: Buffer, start: number, end: number): void {
    const length = end - start;
    if (this.#used + length > this.bytes.length && length > maxGathered) {
      this.#writeThrough(source.subarray(start, end));
      return;
    }
    const at = this.reserve(length);
    // A quarter of the time of `set(subarray)` for small messages: no view is made.
    source.copy(this.bytes, at, start, end);
  }

  /** Sends bytes that do not change, without copying them. */
  appendWithoutCopy(bytes: Uint8Array, lease: Lease): void {
    this.#writeThrough(bytes, lease);
  }

  append(bytes: Uint8Array): void {
    this.copy(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  /** Bytes that have been appended since the connection began. */
  get appended(): number {
    return this.#passed + this.#used;
  }

  /** Bytes that the network had not taken when `measure` was last called. */
  get backlog(): number {
    return this.#backlog;
  }

  /** Asks how much the network has not taken. */
  measure(): void {
    const buffered = this.link.buffered + this.#deferred.length;
    this.flusher.backlog += buffered - this.#backlog;
    this.#backlog = buffered;
  }

  /** What is gathered tells of what the store is recording now: it is not written before that is durable. */
  waitForStore(): void {
    this.#group = this.flusher.gate.recording;
  }

  /** Calls when all that is gathered or waits has been written: now, if nothing waits. */
  whenWritten(call: () => void): void {
    if (this.#deferred.isEmpty) call();
    else this.#whenWritten = call;
  }

  /** More has become durable. @returns whether something still waits */
  release(): boolean {
    const { gate } = this.flusher;
    const hasWritten = this.#deferred.writeTo(this.link, (group) => gate.isDurable(group));
    this.measure();
    if (this.#deferred.isEmpty) this.#written();
    if (hasWritten) this.onDeferredWritten();
    return !this.#deferred.isEmpty;
  }

  discardHeld(): void {
    this.#deferred.clear();
    this.measure();
    this.#written();
  }

  #written(): void {
    const call = this.#whenWritten;
    this.#whenWritten = undefined;
    call?.();
  }

  /** The network is gone, and what waited for it. */
  discard(): void {
    this.#deferred.clear();
    this.#whenWritten = undefined;
    this.flusher.backlog -= this.#backlog;
    this.#backlog = 0;
  }

  /** Writes now, before the turn is over. */
  flush(): void {
    this.finish(this.flusher.gate.commit());
  }

  /** The turn is over. */
  finish(mayWrite: boolean): void {
    this.#isMarked = false;
    if (mayWrite && this.#mustWait) {
      this.#hold();
      return;
    }
    const hadDeferred = this.#deferred.length > 0;
    try {
      if (this.#used > 0 || hadDeferred) this.#writeAll(mayWrite);
    } finally {
      // Also after an error: a buffer that stays would never be marked again.
      this.#freeBuffer();
    }
    // After the buffer is freed: what is appended now has one of its own, which belongs to the next turn.
    if (hadDeferred && mayWrite) this.onDeferredWritten();
  }

  /** What is gathered tells of what is not durable yet, or follows what does. */
  get #mustWait(): boolean {
    return this.#group > 0 && !this.flusher.gate.isDurable(this.#group);
  }

  /** Keeps what is gathered until its group is durable. */
  #hold(): void {
    const { gate } = this.flusher;
    this.#deferred.setGroup(this.#group);
    if (this.#used > 0) this.#deferBuffer();
    else this.#freeBuffer();
    this.measure();
    if (!this.#deferred.isEmpty) gate.hold(this);
  }

  /** The buffer itself waits, and not a copy of what is in it. */
  #deferBuffer(): void {
    const buffer = this.bytes;
    this.#deferred.add(buffer.subarray(0, this.#used), this.flusher.lend(buffer), this.#group);
    this.bytes = noBytes;
    this.#passed += this.#used;
    this.#used = 0;
  }

  #freeBuffer(): void {
    if (this.bytes.length === 0) return;
    this.flusher.free(this.bytes);
    this.bytes = noBytes;
  }

  #writeAll(mayWrite: boolean): void {
    const bytes = this.bytes.subarray(0, this.#used);
    this.#passed += this.#used;
    this.#used = 0;
    if (mayWrite) {
      this.#deferred.writeTo(this.link, always);
      if (bytes.length > 0) this.link.write(bytes);
    } else this.#deferred.clear();
    this.measure();
  }

  #writeThrough(bytes: Uint8Array, lease?: Lease): void {
    if (this.#used > 0) this.#writeBuffer();
    this.#passed += bytes.length;
    this.#writeEarly(bytes, lease);
  }

  #writeBuffer(): void {
    const bytes = this.bytes.subarray(0, this.#used);
    this.#passed += this.#used;
    this.#used = 0;
    this.#writeEarly(bytes);
  }

  #writeEarly(bytes: Uint8Array, lease?: Lease): void {
    const { gate } = this.flusher;
    if (gate.isOpen) {
      this.#deferred.add(bytes, lease);
      gate.deferFlush(this);
    } else if (gate.commit()) {
      if (this.#mustWait) {
        this.#deferred.add(bytes, lease, this.#group);
        gate.hold(this);
      } else {
        this.#deferred.writeTo(this.link, always);
        this.link.write(bytes, lease);
      }
    }
    this.measure();
  }

  #reserveMore(length: number): number {
    if (this.#used + length > maxGathered && this.#used > 0) this.#writeBuffer();
    if (this.#used + length > this.bytes.length) this.#grow(this.#used + length);
    if (!this.#isMarked) {
      this.#isMarked = true;
      this.flusher.mark(this);
    }
    const at = this.#used;
    this.#used = at + length;
    return at;
  }

  #grow(length: number): void {
    const old = this.bytes;
    this.bytes = this.flusher.allocate(length);
    if (old.length === 0) return;
    old.copy(this.bytes, 0, 0, this.#used);
    this.flusher.free(old);
  }
}
