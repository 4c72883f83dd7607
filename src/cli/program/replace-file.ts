import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { describeFileError } from "../../core/file-error.ts";
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
      throw new UsageError(`Cannot write ${path}: ${describeFileError(path, error)}`);
    }
  };
  const target = trying(() => targetOf(path));
  const made = nameBeside(target);
  const file = trying(() => openSync(made, "wx", 0o600));
  let isOpen = true;
  return {
    write: (bytes) => trying(() => writeAll(file, bytes)),
    finish: () =>
      trying(() => {
        const old = statSync(target, { throwIfNoEntry: false });
        if (old !== undefined) takePermissions(made, old);
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

/**
 * An empty file in the place of one that is there, which whoever has it open goes on with. It keeps owner and permissions.
 * @returns its descriptor @throws what the operating system says
 */
export function openInPlaceOf(path: string): number {
  const target = targetOf(path);
  // A rename needs no permission to write the old file, but nobody expects it to replace a read-only one.
  accessSync(target, constants.W_OK);
  const made = nameBeside(target);
  const file = openSync(made, "wx", 0o600);
  try {
    takePermissions(made, statSync(target));
    renameSync(made, target);
    return file;
  } catch (error) {
    closeSync(file);
    rmSync(made, { force: true });
    throw error;
  }
}

/** A link stays, and what it leads to is replaced. */
const targetOf = (path: string): string => (isLink(path) ? realpathSync(path) : path);

/** In the same folder, so that it can be renamed. */
const nameBeside = (target: string): string => `${target}.${process.pid}.new`;

function takePermissions(made: string, { uid, gid, mode }: Stats): void {
  chownSync(made, uid, gid);
  chmodSync(made, mode & 0o777);
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(file, rest));
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
