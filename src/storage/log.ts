import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { type Disk, systemDisk } from "./disk.ts";
import { DirectoryLock } from "./lock.ts";
import { type GroupHandler, type LogContents, readLog } from "./log-reader.ts";
import { LogWriter, type LogWriterOptions } from "./log-writer.ts";
import { SegmentPool } from "./segment-pool.ts";

export interface LogOptions
  extends Pick<LogWriterOptions, "syncInterval" | "onDurable" | "onGroupBegun" | "onSynced" | "onFailure"> {
  readonly segmentSize: number;
  /** Whether the disk has room for the next segment has changed. */
  onRoom(hasRoom: boolean): void;
}

/** A directory that this process alone uses. */
export class LogDirectory {
  readonly path: string;
  readonly #lock: DirectoryLock;
  readonly #disk: Disk;

  private constructor(path: string, lock: DirectoryLock, disk: Disk) {
    this.path = path;
    this.#lock = lock;
    this.#disk = disk;
  }

  /**
   * @param owner who takes it: told to whoever comes too late
   * @throws {Error} when it cannot be written, or another process has it
   */
  static async open(path: string, owner: string, disk = systemDisk): Promise<LogDirectory> {
    // What is kept is nobody else's to read.
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new LogDirectory(path, DirectoryLock.take(path, owner), disk);
  }

  read(onGroup: GroupHandler): Promise<LogContents> {
    return readLog(this.path, onGroup);
  }

  /** Goes on behind what was read, in a segment of its own. */
  async append(contents: LogContents, options: LogOptions): Promise<OpenLog> {
    await this.#settle(contents);
    let writer: LogWriter | undefined;
    const pool = new SegmentPool({
      directory: this.path,
      disk: this.#disk,
      segmentSize: options.segmentSize,
      nextNumber: contents.lastSegment + 1,
      unused: contents.unused,
      onRoom: (hasRoom) => {
        writer?.wake();
        options.onRoom(hasRoom);
      },
      onFailure: options.onFailure,
    });
    pool.prepare();
    const identity = contents.identity ?? randomBytes(8).readBigUInt64LE();
    writer = new LogWriter({
      ...options,
      pool,
      disk: this.#disk,
      identity,
      nextGroup: contents.lastGroup + 1,
      checkpoint: contents.checkpoint,
      segments: contents.segments,
    });
    return { writer, pool, identity };
  }

  /** What was read is what any later reader finds, also after a power cut. */
  async #settle({ segments, unsynced }: LogContents): Promise<void> {
    // The last part first: as long as the first one is there, so is the hole before it.
    for (const { path, from, to } of unsynced?.parts.toReversed() ?? []) await this.#clear(path, from, to);
    // The process before may not have come to its next sync.
    for (const { path } of segments) await this.#sync(path);
  }

  async #clear(path: string, from: number, to: number): Promise<void> {
    const file = this.#disk.open(path, true);
    const zeros = Buffer.alloc(Math.min(to - from, 1024 * 1024));
    const write = promisify(file.write.bind(file));
    try {
      for (let at = from; at < to; at += zeros.length)
        await write(zeros, 0, Math.min(zeros.length, to - at), at);
    } finally {
      file.close();
    }
  }

  async #sync(path: string): Promise<void> {
    const file = this.#disk.open(path, false);
    try {
      await file.sync();
    } finally {
      file.close();
    }
  }

  release(): void {
    this.#lock.release();
  }
}

export interface OpenLog {
  readonly writer: LogWriter;
  readonly pool: SegmentPool;
  /** Random, and the same for as long as there is the log. */
  readonly identity: bigint;
}
