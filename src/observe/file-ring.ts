import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join, parse } from "node:path";

/** Only its owner may read it. */
const mode = 0o600;

/** One that a killed process has left may be there. Whatever else has the name is not followed, where a system can tell. */
const createFlags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);

export interface Ring {
  /** The newest file: `lab.pcapng`. Those before it are `lab.1.pcapng`, `lab.2.pcapng` and so on. */
  readonly path: string;
  /** How many are kept. */
  readonly count: number;
  /** The bytes with which every file of the ring begins. */
  readonly magic: Uint8Array;
}

export function ringName(path: string, age: number): string {
  const { dir, name, ext } = parse(path);
  return age === 0 ? path : join(dir, `${name}.${age}${ext}`);
}

/** @throws when no file can be made there, or when what has the name is none of the ring */
export function checkRing({ path, magic }: Ring): void {
  accessSync(dirname(path), constants.W_OK | constants.X_OK);
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present === undefined) return;
  // A device is not to be given another name, nor the file of another program.
  if (!present.isFile()) throw new Error("something that is no regular file has this name");
  if (present.size > 0 && !beginsWith(path, magic))
    throw new Error("a file that is no capture has this name: move it away, or choose another name");
}

/**
 * Opens a new file under the path. One that has the name is that of age 1 from then on, and so on; the oldest goes. Whoever
 * writes to one of them goes on to, under its new name.
 * @returns its descriptor
 * @throws as `checkRing`, and when it cannot be opened
 */
export function openNext(ring: Ring): number {
  checkRing(ring);
  const { path, count } = ring;
  // First of all, because a folder that takes no new file is not to lose its old ones.
  const fresh = `${path}.new`;
  const fd = openSync(fresh, createFlags, mode);
  try {
    if (existsSync(path)) shift(ring);
    for (let age = count; isOfRing(ring, age); age++) rmSync(ringName(path, age));
    renameSync(fresh, path);
    return fd;
  } catch (error) {
    closeSync(fd);
    rmSync(fresh, { force: true });
    throw error;
  }
}

function shift({ path, count }: Ring): void {
  for (let age = count - 1; age > 0; age--) {
    const from = ringName(path, age - 1);
    if (existsSync(from)) renameSync(from, ringName(path, age));
  }
}

/** Of a time when more were kept. */
function isOfRing({ path, magic }: Ring, age: number): boolean {
  const name = ringName(path, age);
  return lstatSync(name, { throwIfNoEntry: false })?.isFile() === true && beginsWith(name, magic);
}

function beginsWith(path: string, magic: Uint8Array): boolean {
  const fd = openSync(path, "r");
  try {
    const first = new Uint8Array(magic.length);
    return readSync(fd, first) === magic.length && Buffer.compare(first, magic) === 0;
  } finally {
    closeSync(fd);
  }
}
