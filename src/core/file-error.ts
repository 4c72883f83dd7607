import { statSync } from "node:fs";
import { dirname } from "node:path";
import { describeError } from "./errors.ts";

/**
 * Why a file cannot be made or written: the folder that it lies in, in words, where that is why, and else what the operating
 * system says.
 * @param writable the folder that this program is known to be allowed to write to, as a service of the system
 */
export function describeFileError(path: string, error: unknown, writable?: string): string {
  const folder = dirname(path);
  const allowed =
    writable === undefined || isInside(folder, writable) ? "" : `; here distsrv may write to ${writable}`;
  switch (codeOf(error)) {
    case "ENOENT":
      if (isThere(folder)) break;
      return `${noFolder(folder)}${allowed}`;
    case "ENOTDIR":
      return `${folder} is no folder${allowed}`;
    case "EROFS":
      return `the folder ${folder} may only be read${allowed || ": name a file in another one"}`;
    case "EACCES":
    case "EPERM":
      return `${describeError(error)}${allowed || `: who runs this must be allowed to write to the folder ${folder}`}`;
  }
  return describeError(error);
}

/** Of a folder that is not there. */
export const noFolder = (folder: string): string =>
  `there is no folder ${folder}: make it, or name a file in another one`;

const isInside = (folder: string, other: string): boolean =>
  folder === other || folder.startsWith(`${other}/`);

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

/** A folder that may not be looked into counts as there. */
function isThere(folder: string): boolean {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return true;
  }
}
