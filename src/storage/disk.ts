import { closeSync, constants, fdatasync, openSync, write } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { promisify } from "node:util";

/** A segment that is written to. */
export interface DiskFile {
  /** @param done called when all of it is written, and on the disk where the file syncs by itself */
  write(
    bytes: Buffer,
    from: number,
    end: number,
    position: number,
    done: (error: Error | null) => void,
  ): void;
  /** What was written is on the disk. */
  sync(): Promise<void>;
  close(): void;
}

/** All that a log does to the disk: a test of power cuts puts another one in its place. */
export interface Disk {
  /** @param syncs each write is on the disk before it is done */
  open(path: string, syncs: boolean): DiskFile;
  /** Makes a file of zeros whose every byte is on the disk. */
  fill(path: string, size: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** The names in the folder are on the disk. */
  syncNames(folder: string): Promise<void>;
}

const syncData = promisify(fdatasync);

const zeros = Buffer.alloc(1024 * 1024);

export const systemDisk: Disk = {
  open(path, syncs) {
    const fd = openSync(path, constants.O_WRONLY | (syncs ? constants.O_DSYNC : 0));
    return {
      write: (bytes, from, end, position, done) => writeOn(fd, bytes, from, end, position, done),
      sync: () => syncData(fd),
      close: () => closeSync(fd),
    };
  },
  async fill(path, size) {
    const file = await open(path, "w", 0o600);
    try {
      for (let at = 0; at < size; at += zeros.length) await writeAll(file, zeros.subarray(0, size - at), at);
      await file.sync();
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async syncNames(folder) {
    const directory = await open(folder, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

/** In Bun's thread pool: the event loop does not wait for the disk. */
function writeOn(
  fd: number,
  bytes: Buffer,
  from: number,
  end: number,
  position: number,
  done: (error: Error | null) => void,
): void {
  write(fd, bytes, from, end - from, position, (error, count) => {
    if (error !== null || from + count === end) done(error);
    else writeOn(fd, bytes, from + count, end, position + count, done);
  });
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}
