import type { Disk, DiskFile } from "./disk.ts";
import { sealGroup } from "./group.ts";
import { GroupBuffer } from "./group-buffer.ts";
import { seedOf, segmentHeaderSize, writeSegmentHeader } from "./segment.ts";
import type { SegmentPool, Spare } from "./segment-pool.ts";

/** A segment that holds groups which are needed. */
export interface LiveSegment {
  readonly path: string;
  readonly size: number;
  readonly firstGroup: number;
}

export interface LogWriterOptions {
  readonly identity: bigint;
  readonly segmentSize: number;
  /** The number of the first group that is written. */
  readonly nextGroup: number;
  /** The first group of the last whole checkpoint. */
  readonly checkpoint: number;
  /** Segments that were there, the oldest first. */
  readonly segments: readonly LiveSegment[];
  readonly pool: SegmentPool;
  readonly disk: Disk;
  /** Milliseconds between two syncs; 0: each group is on the disk before it counts as durable. */
  readonly syncInterval: number;
  /** The groups up to this one are durable; with a sync interval they are written, and synced later. */
  onDurable(group: number): void;
  /** A group is on its way, and the next one has just begun: nothing is recorded in it yet. */
  onGroupBegun(): void;
  /** The groups up to this one are on the disk, whatever the sync interval is. */
  onSynced(group: number): void;
  /** Nothing more can be written: what the kernel says after a failed sync cannot be trusted. */
  onFailure(cause: unknown): void;
}

interface OpenSegment extends LiveSegment {
  readonly file: DiskFile;
  readonly seed: bigint;
}

/**
 * Appends groups to a log. One group is written at a time, off the JavaScript thread; what is recorded meanwhile is the
 * next one. So a busy program has large groups, and an idle one waits for the disk alone.
 */
export class LogWriter {
  /** What the next record is written into. */
  body = new GroupBuffer();
  #other = new GroupBuffer();
  #recording: number;
  #durable: number;
  #synced: number;
  /** How many groups before it the head of the last group calls unsynced. */
  #unsynced = 0;
  #current: OpenSegment | undefined;
  /** Where the next group goes in the current segment. */
  #at = 0;
  #isWriting = false;
  #isWaiting = false;
  #hasFailed = false;
  #isClosed = false;
  #checkpoint: number;
  /** Where the checkpoint begins that is being written; 0: none is. */
  #begin = 0;
  readonly #segments: LiveSegment[];
  readonly #options: LogWriterOptions;
  #sync: Timer | undefined;
  /** Segments before the current one that are being synced and closed. */
  readonly #closing = new Set<Promise<void>>();
  #wake: (() => void) | undefined;
  /** Of all groups that were written, in bytes. */
  written = 0;
  groups = 0;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#recording = options.nextGroup;
    this.#durable = options.nextGroup - 1;
    this.#synced = this.#durable;
    this.#checkpoint = options.checkpoint;
    this.#segments = [...options.segments];
  }

  /** The number of the group that the next record belongs to. */
  get recording(): number {
    return this.#recording;
  }

  /** The last group that no crash takes away. */
  get durable(): number {
    return this.#durable;
  }

  /** The last group that no power cut takes away, whatever the sync interval is. */
  get synced(): number {
    return this.#synced;
  }

  /** What the log takes on the disk, without spare files. */
  get size(): number {
    return this.#segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** Nothing is recorded, and nothing is on its way. */
  get isIdle(): boolean {
    return this.body.isEmpty && !this.#isWriting && !this.#isWaiting && !this.#hasFailed;
  }

  /** A group of so many bytes needs no segment that is not there. */
  hasPlaceFor(size: number): boolean {
    return this.room >= size || (this.#options.pool.isReady && size <= this.#options.segmentSize / 2);
  }

  /** What is left of the segment that is written to, in bytes. */
  get room(): number {
    return this.#current === undefined ? 0 : this.#current.size - this.#at;
  }

  /** Where the group ends that was recorded last, as if all that was ever written were one file. */
  get position(): number {
    return this.written + this.body.length;
  }

  /** Ends the group, unless another one is being written: then records go on into it. */
  commit(): void {
    if (this.body.isEmpty || this.#isWriting || this.#isWaiting || this.#hasFailed) return;
    const { size } = this.body;
    const current = this.#current;
    if (current !== undefined && this.#at + size <= current.size) this.#write(current);
    else this.#continueInNext(size);
  }

  #continueInNext(size: number): void {
    const { pool } = this.#options;
    const spare = pool.take(segmentHeaderSize + size);
    if (spare === undefined) {
      this.#isWaiting = true;
      pool.whenReady(segmentHeaderSize + size, () => {
        this.#isWaiting = false;
        this.commit();
        this.wake();
      });
      return;
    }
    try {
      this.#write(this.#openNext(spare));
    } catch (error) {
      this.#fail(error);
    }
  }

  #openNext({ path, size, number }: Spare): OpenSegment {
    const { identity, syncInterval, disk } = this.#options;
    const next = {
      path,
      size,
      firstGroup: this.#recording,
      file: disk.open(path, syncInterval === 0),
      seed: seedOf({ identity, number }),
    };
    this.#closeInBackground();
    writeSegmentHeader(this.body.bytes, 0, { number, firstGroup: this.#recording, identity });
    this.#segments.push(next);
    this.#current = next;
    this.#at = 0;
    return next;
  }

  #write({ file, seed }: OpenSegment): void {
    const { body, recording: number } = this;
    this.#unsynced = number - 1 - this.#synced;
    const head = { number, checkpoint: this.#checkpoint, unsynced: this.#unsynced };
    sealGroup(body.bytes, body.start, body.at, head, seed);
    const from = this.#at === 0 ? 0 : body.start;
    const end = body.start + body.size;
    const position = this.#at;
    this.#at += end - from;
    this.written += body.length;
    this.groups++;
    this.body = this.#other;
    this.#other = body;
    this.#recording++;
    this.#isWriting = true;
    file.write(body.bytes, from, end, position, (error) => {
      if (error === null) this.#written(number);
      else this.#fail(error);
    });
    this.#options.onGroupBegun();
  }

  #written(group: number): void {
    this.#isWriting = false;
    this.#other.clear();
    this.#durable = group;
    const { syncInterval } = this.#options;
    if (syncInterval > 0) this.#sync ??= setTimeout(() => this.#syncNow(), syncInterval);
    if (syncInterval === 0) this.#synced = group;
    this.#options.onDurable(group);
    if (syncInterval === 0) this.#options.onSynced(group);
    this.commit();
    this.wake();
  }

  /** What is written while a sync is on its way has the next one. */
  async #syncNow(): Promise<void> {
    const group = this.#durable;
    try {
      await Promise.all([this.#current?.file.sync(), ...this.#closing]);
      this.#synced = Math.max(this.#synced, group);
      if (!this.#isClosed) this.#options.onSynced(group);
    } catch (error) {
      if (!this.#isClosed) this.#fail(error);
    }
    this.#sync = undefined;
    this.#sayWhatIsSynced();
    if (this.#durable > group && !this.#isClosed && !this.#hasFailed) {
      this.#sync = setTimeout(() => this.#syncNow(), this.#options.syncInterval);
    }
  }

  /**
   * Writes a group of nothing, whose head says that all before it is on the disk. Without it damage to one of the last groups
   * would count as what a power cut has taken, and what is behind it as lost with it.
   */
  #sayWhatIsSynced(): void {
    const current = this.#current;
    const { body } = this;
    if (this.#unsynced === 0 || this.#synced < this.#durable || !body.isEmpty || this.#isWriting) return;
    if (current === undefined || this.#isClosed || this.#hasFailed || this.#at + body.size > current.size)
      return;
    this.#write(current);
  }

  #fail(cause: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onFailure(cause);
    this.wake();
  }

  /**
   * From now on everything is recorded that a reader needs who knows nothing of what came before. Only when a group has
   * just begun.
   */
  beginCheckpoint(): void {
    if (!this.body.isEmpty) throw new Error("a checkpoint can only begin with a group");
    this.#begin = this.#recording;
  }

  /** What was begun is not to be ended. */
  dropCheckpoint(): void {
    this.#begin = 0;
  }

  /** All of it is recorded: once the group is durable that is being recorded, a reader begins there. */
  endCheckpoint(): void {
    this.#checkpoint = this.#begin;
    this.#begin = 0;
  }

  /** Gives away the segments before the checkpoint. Only when a group that knows of it is on the disk. */
  dropOld(): void {
    const { pool } = this.#options;
    while (this.#segments.length > 1 && this.#segments[1]!.firstGroup <= this.#checkpoint) {
      const { path, size } = this.#segments.shift()!;
      pool.retire(path, size);
    }
  }

  /** Something has happened that `close` may wait for. */
  wake(): void {
    this.#wake?.();
  }

  /** Writes what is recorded, unless there is no room for it, and ends. */
  async close(): Promise<void> {
    const { pool } = this.#options;
    this.commit();
    await this.#settled();
    await this.#syncLast();
    this.#isClosed = true;
    clearTimeout(this.#sync);
    await pool.close();
    await Promise.all([this.#closeCurrent(), ...this.#closing]);
  }

  /** Nothing is on its way to the disk any more, unless there is no room for it. */
  async #settled(): Promise<void> {
    while (!this.#hasFailed && (this.#isWriting || (this.#isWaiting && this.#options.pool.hasRoom))) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async #syncLast(): Promise<void> {
    if (this.#unsynced === 0 || this.#current === undefined || this.#hasFailed) return;
    try {
      await Promise.all([this.#current.file.sync(), ...this.#closing]);
      this.#synced = this.#durable;
    } catch (error) {
      this.#fail(error);
    }
    this.#sayWhatIsSynced();
    await this.#settled();
  }

  #closeInBackground(): void {
    const closing = this.#closeCurrent().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #closeCurrent(): Promise<void> {
    const { syncInterval } = this.#options;
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    try {
      // What was written since the last sync.
      if (syncInterval > 0) await current.file.sync();
    } catch (error) {
      this.#fail(error);
    } finally {
      current.file.close();
    }
  }
}
