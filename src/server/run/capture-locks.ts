import { mkdirSync, rmSync } from "node:fs";
import type { DirectoryLocking } from "../io.ts";

interface Held {
  readonly directory: string;
  readonly release: () => void;
  users: number;
}

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
      // First the folder: whoever finds none makes one, and has that.
      remove(held.directory);
      held.release();
      // On Windows what is open cannot be removed.
      if (process.platform === "win32") remove(held.directory);
    };
  }

  #acquire(file: string): Held {
    const directory = `${file}.lock`;
    mkdirSync(directory, { recursive: true });
    const taken = this.#lock(directory, this.#owner);
    if ("heldBy" in taken)
      throw new Error(`${taken.heldBy} writes to it already: stop that one, or choose another name`);
    const held = { directory, release: taken.release, users: 0 };
    this.#held.set(file, held);
    return held;
  }
}

function remove(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch {
    // A folder that is left is taken by the next one.
  }
}
