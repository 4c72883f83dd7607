import {
  chmodSync,
  chownSync,
  closeSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { UsageError } from "./errors.ts";

/** A file that takes the place of another one, or becomes a new one, once it is whole. */
export interface Replacement {
  write(bytes: Uint8Array): void;
  /** Puts it in its place. */
  finish(): void;
  /** Leaves nothing of it, unless it is finished. */
  close(): void;
}

/**
 * Writes a file as a whole: who reads it meanwhile finds the old text or the new one. It keeps its owner and permissions; a new one
 * is for its owner only.
 * @throws {UsageError} when it cannot be written
 */
export function replaceFile(path: string, text: string): void {
  const made = openReplacement(path);
  try {
    made.write(Buffer.from(text));
    made.finish();
  } finally {
    made.close();
  }
}

/** The same in pieces. All of it throws `UsageError`. */
export function openReplacement(path: string): Replacement {
  const trying = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw new UsageError(`Cannot write ${path}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const target = trying(() => (isLink(path) ? realpathSync(path) : path));
  const made = `${target}.${process.pid}.new`;
  const file = trying(() => openSync(made, "wx", 0o600));
  let isOpen = true;
  return {
    write: (bytes) => trying(() => writeAll(file, bytes)),
    finish: () =>
      trying(() => {
        const old = statSync(target, { throwIfNoEntry: false });
        if (old !== undefined) {
          chownSync(made, old.uid, old.gid);
          chmodSync(made, old.mode & 0o777);
        }
        closeSync(file);
        isOpen = false;
        renameSync(made, target);
      }),
    close: () => {
      if (isOpen) closeSync(file);
      isOpen = false;
      rmSync(made, { force: true });
    },
  };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(file, rest));
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
