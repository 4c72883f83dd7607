import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { ConfigError } from "./diagnostic.ts";
import { type LoadOptions, loadPlan } from "./load.ts";
import type { Plan, Registry } from "./plan.ts";

/** Bytes of a configuration. lab.yaml has 15,000, and ten thousand users of a broker less than 2 MiB. */
export const maxFileSize = 4 * 1024 * 1024;

/** @throws {ConfigError} also when the file cannot be read */
export function readPlan(options: Omit<LoadOptions, "source">, registry: Registry): Plan {
  const folder = dirname(resolve(options.file));
  return loadPlan({ ...options, source: readText(options.file), folder }, registry);
}

/** @throws {ConfigError} when it cannot be read */
export function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readBytes(file));
  } catch (error) {
    throw new ConfigError(file, "", [{ path: "", message: reason(error) }]);
  }
}

/** Reads the file in chunks: a pipe has no size beforehand, and a device such as /dev/zero no end. */
function readBytes(file: string): Uint8Array {
  const handle = openSync(file, "r");
  try {
    const chunks: Uint8Array[] = [];
    for (let size = 0; ; ) {
      const chunk = new Uint8Array(chunkSize);
      const count = readSync(handle, chunk);
      if (count === 0) return Buffer.concat(chunks, size);
      size += count;
      if (size > maxFileSize) throw new TooLargeError(tooLarge(fstatSync(handle).size));
      chunks.push(chunk.subarray(0, count));
    }
  } finally {
    closeSync(handle);
  }
}

const chunkSize = 64 * 1024;

class TooLargeError extends Error {}

/** @param size as the operating system says; 0 where it does not know */
function tooLarge(size: number): string {
  const given = size > maxFileSize ? `${size} bytes` : `more than ${maxFileSize} bytes`;
  return `is too large: it has ${given}, and a configuration at most ${maxFileSize} (4 MiB)`;
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return 'there is no such file; "distsrv init" writes one to start from';
  if (code === "EISDIR") return "is a folder, and must be a YAML file";
  if (code === "EACCES") return "may not be read; check its permissions";
  if (error instanceof TypeError) return "is not UTF-8 text";
  return error instanceof Error ? error.message : String(error);
}
