import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryLocking } from "../io.ts";

interface Held {
  readonly release: () => void;
  users: number;
}

/** All that the lock's folder holds, and what SQLite may add to it for a moment. */
const files = ["lock", "lock-journal", "owner"];

/**
 * A capture's files are of one process: two would take turns in giving them other names. Beside the file there is a folder,
 * NAME.lock, that only one has; within a process several captures may follow each other in the same files.
 */
export class CaptureLocks {
  readonly #lock: DirectoryLocking;
  readonly #owner: string;
  readonly #held = new Map<string, Held>();

  /** @param owner told to whoever comes too late */
  constructor(lock: DirectoryLocking, owner: string) {
    this.#lock = lock;
    this.#owner = owner;
  }

  /** @returns what gives it back @throws {Error} naming who has it */
  take(file: string): () => void {
    const held = this.#held.get(file) ?? this.#acquire(file);
    held.users++;
    return () => {
      held.users--;
      if (held.users > 0) return;
      this.#held.delete(file);
      held.release();
    };
  }

  #acquire(file: string): Held {
    const directory = `${file}.lock`;
    const isNew = makeFolder(directory);
    const taken = this.#tryLock(directory, isNew);
    if ("heldBy" in taken)
      throw new Error(`${taken.heldBy} writes to it already: stop that one, or choose another name`);
    const release = () => {
      // First the folder: whoever finds none makes one, and has that.
      removeFolder(directory);
      taken.release();
      // On Windows what is open cannot be removed.
      if (process.platform === "win32") removeFolder(directory);
    };
    const held = { release, users: 0 };
    this.#held.set(file, held);
    return held;
  }

  #tryLock(directory: string, isNew: boolean): ReturnType<DirectoryLocking> {
    try {
      return this.#lock(directory, this.#owner);
    } catch (error) {
      if (isNew) removeFolder(directory);
      throw error;
    }
  }
}

/**
 * @returns whether there was none
 * @throws {Error} where there is something else than a lock of this user's: it is neither written to nor removed
 */
function makeFolder(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  if (!isLock(directory))
    throw new Error(
      `${directory} is there, and is no lock of this user's: move it away, or choose another name`,
    );
  return false;
}

function isLock(directory: string): boolean {
  const found = lstatSync(directory);
  const user = process.geteuid?.();
  // Others must not be able to put a link to somewhere else into it.
  const isOurs = user === undefined || (found.uid === user && (found.mode & 0o022) === 0);
  return isOurs && found.isDirectory() && readdirSync(directory).every((name) => files.includes(name));
}

function removeFolder(directory: string): void {
  try {
    for (const name of files) rmSync(join(directory, name), { force: true });
    rmdirSync(directory);
  } catch {
    // A folder that is left is taken by the next one.
  }
}
