import { closeSync, constants, existsSync, lstatSync, openSync, renameSync, rmSync } from "node:fs";
import { join, parse } from "node:path";

/** Only its owner may read it. */
const mode = 0o600;

/** One that a killed process has left may be there. Whatever else has the name is not followed. */
const making = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;

/** `lab.pcapng`, then `lab.1.pcapng`, which is the one before it, and so on. */
export function ringName(path: string, age: number): string {
  const { dir, name, ext } = parse(path);
  return age === 0 ? path : join(dir, `${name}.${age}${ext}`);
}

/**
 * Opens a new file under the path. One that has the name is that of age 1 from then on, and so on; no more than
 * `count` are kept. Whoever writes to one of them goes on to, under its new name.
 * @returns its descriptor
 * @throws when it cannot be opened, or when anything but a file has the name
 */
export function openNext(path: string, count: number): number {
  const present = lstatSync(path, { throwIfNoEntry: false });
  // A device is not to be given another name.
  if (present?.isFile() === false) throw new Error("something that is no regular file has this name");
  // First of all, because a folder that takes no new file is not to lose its old ones.
  const fresh = `${path}.new`;
  const fd = openSync(fresh, making, mode);
  try {
    const oldest = present === undefined ? 0 : count - 1;
    for (let age = oldest; age > 0; age--) move(ringName(path, age - 1), ringName(path, age));
    renameSync(fresh, path);
    return fd;
  } catch (error) {
    closeSync(fd);
    rmSync(fresh, { force: true });
    throw error;
  }
}

/** A file that may not be there. */
function move(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}
