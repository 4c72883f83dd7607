import { closeSync, openSync, readdirSync } from "node:fs";
import { libc } from "./libc.ts";

/** RLIMIT_NOFILE, on macOS and elsewhere. */
const openFiles = process.platform === "darwin" ? 8 : 7;

/** File descriptors that this process may have open; undefined where the system does not say. Bun has raised it. */
export function descriptorLimit(): number | undefined {
  const limits = new BigUint64Array(2);
  if (libc()?.getrlimit(openFiles, limits) !== 0) return undefined;
  return Number(limits[0]);
}

/** The lowest descriptor that is free, which is the next one to be used; Infinity when none is. */
export function nextDescriptor(): number {
  try {
    const file = openSync("/dev/null", "r");
    closeSync(file);
    return file;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether what has just failed may have failed for want of them: Bun does not say so. */
export const isOutOfDescriptors = (): boolean =>
  nextDescriptor() + 2 > (descriptorLimit() ?? Number.POSITIVE_INFINITY);

/** Descriptors that are open now. Takes longer the more there are; undefined where the system does not list them. */
export function openDescriptors(): number | undefined {
  try {
    // One of them was for the list itself.
    return readdirSync(process.platform === "linux" ? "/proc/self/fd" : "/dev/fd").length - 1;
  } catch {
    return undefined;
  }
}
