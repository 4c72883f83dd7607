import { join } from "node:path";
import type { Disk } from "./disk.ts";
import { segmentName } from "./segment.ts";

/** A file that is on the disk with all its bytes, and holds nothing that is needed. */
export interface Spare {
  readonly number: number;
  readonly path: string;
  readonly size: number;
}

export interface SegmentPoolOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly segmentSize: number;
  /** The number of the next segment. */
  readonly nextNumber: number;
  /** Files that are there already, and hold nothing that is needed. */
  readonly unused: readonly Pick<Spare, "path" | "size">[];
  /** Whether the disk had room for the next segment has changed. */
  onRoom(hasRoom: boolean): void;
  /** It cannot prepare segments for another reason than want of room. */
  onFailure(cause: unknown): void;
}

/** How long to wait before the disk is asked for room again, in milliseconds. */
const retryPause = 1000;

/** Unused files beyond those are deleted. */
const maxUnused = 2;

/**
 * Prepares segments before they are needed, one at a time: space is claimed while there is still a segment to write to,
 * so a full disk is noticed in time, and a group that is written only changes bytes that are there.
 */
export class SegmentPool {
  readonly #options: SegmentPoolOptions;
  readonly #unused: Pick<Spare, "path" | "size">[];
  readonly #ready: Spare[] = [];
  #nextNumber: number;
  #wanted: { size: number; call: () => void } | undefined;
  #isPreparing = false;
  #isClosed = false;
  #hasRoom = true;
  #retry: Timer | undefined;
  #work: Promise<void> | undefined;

  constructor(options: SegmentPoolOptions) {
    this.#options = options;
    this.#unused = [...options.unused];
    this.#nextNumber = options.nextNumber;
  }

  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  /** Files that are ready, or wait to be used again. */
  get spares(): number {
    return this.#ready.length + this.#unused.length;
  }

  /** A segment of the usual size is ready. */
  get isReady(): boolean {
    return this.#ready.some(({ size }) => size >= this.#options.segmentSize);
  }

  /** A segment that takes so many bytes; undefined: none is ready yet. */
  take(size: number): Spare | undefined {
    const index = this.#ready.findIndex((spare) => spare.size >= size);
    if (index < 0) return undefined;
    const [spare] = this.#ready.splice(index, 1);
    this.#wanted = undefined;
    this.#giveBackOdd();
    this.prepare();
    return spare;
  }

  /** Segments of another size were made for one group, and nobody wants them any more. */
  #giveBackOdd(): void {
    const { segmentSize } = this.#options;
    const odd = this.#ready.filter(({ size }) => size !== segmentSize);
    for (const spare of odd) this.#ready.splice(this.#ready.indexOf(spare), 1);
    this.#unused.push(...odd);
  }

  /** Calls when a segment that takes so many bytes is ready. */
  whenReady(size: number, call: () => void): void {
    const { segmentSize } = this.#options;
    // The group may grow until then.
    const isLarge = size > segmentSize;
    this.#wanted = { size: isLarge ? Math.ceil((2 * size) / segmentSize) * segmentSize : size, call };
    this.prepare();
  }

  /** Nothing in this file is needed any more. */
  retire(path: string, size: number): void {
    this.#unused.push({ path, size });
    this.prepare();
  }

  /** Sees to it that a segment is ready. */
  prepare(): void {
    if (this.#isPreparing || this.#isClosed || this.#retry !== undefined) return;
    const size = this.#missing();
    const useless = size === undefined ? this.#useless() : undefined;
    if (size === undefined && useless === undefined) return;
    this.#isPreparing = true;
    const work = size === undefined ? this.#delete(useless) : this.#prepareOne(size);
    this.#work = work.then(
      () => this.#prepared(),
      (cause) => this.#failed(cause),
    );
  }

  /** How large a segment is wanted that is not there; undefined: none. */
  #missing(): number | undefined {
    const { segmentSize } = this.#options;
    const wanted = Math.max(this.#wanted?.size ?? 0, segmentSize);
    return this.#ready.some(({ size }) => size >= wanted) ? undefined : wanted;
  }

  #prepared(): void {
    this.#isPreparing = false;
    this.#setRoom(true);
    const wanted = this.#wanted;
    if (wanted !== undefined && this.#ready.some(({ size }) => size >= wanted.size)) {
      this.#wanted = undefined;
      wanted.call();
    }
    this.prepare();
  }

  #failed(cause: unknown): void {
    this.#isPreparing = false;
    if (this.#isClosed) return;
    if (!isFull(cause)) return this.#options.onFailure(cause);
    this.#setRoom(false);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.prepare();
    }, retryPause);
  }

  #setRoom(hasRoom: boolean): void {
    if (hasRoom === this.#hasRoom) return;
    this.#hasRoom = hasRoom;
    this.#options.onRoom(hasRoom);
  }

  /** A file that was used before has its bytes on the disk already. */
  async #prepareOne(size: number): Promise<void> {
    const { directory, disk } = this.#options;
    const number = this.#nextNumber++;
    const path = join(directory, segmentName(number));
    const index = this.#unused.findIndex((file) => file.size === size);
    const [used] = index < 0 ? [] : this.#unused.splice(index, 1);
    if (used === undefined) await disk.fill(path, size);
    else await disk.rename(used.path, path);
    // Only then does the file have this name after a power cut, too.
    await disk.syncNames(directory);
    this.#ready.push({ number, path, size });
  }

  /** A file of an odd size, or one too many. */
  #useless(): Pick<Spare, "path" | "size"> | undefined {
    const odd = this.#unused.find(({ size }) => size !== this.#options.segmentSize);
    return odd ?? (this.#unused.length > maxUnused ? this.#unused[0] : undefined);
  }

  async #delete(file: Pick<Spare, "path" | "size"> | undefined): Promise<void> {
    if (file === undefined) return;
    this.#unused.splice(this.#unused.indexOf(file), 1);
    await this.#options.disk.remove(file.path);
  }

  /** Resolves when nothing is on its way any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#work;
  }
}

/** Whether there is no room on the disk, or none for this user. */
const isFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
