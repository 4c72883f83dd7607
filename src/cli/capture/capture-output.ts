import { closeSync, openSync, readSync, type Stats, statSync, writeSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import { describeFileError } from "../../core/file-error.ts";
import { isCapture } from "../../protocol/capture/capture-reader.ts";
import { OutputError, UsageError } from "../program/errors.ts";
import { openInPlaceOf } from "../program/replace-file.ts";
import type { Sink } from "../terminal/io.ts";

/** The capture file of `-w`. What has been added is written by `flush`. */
export interface CaptureOutput {
  add(bytes: Uint8Array): void;
  /** @throws {OutputError} when it cannot be written, for example because the disk is full */
  flush(): void;
  /** Resolves when it takes more: a pipe may have a reader that is slower than what is written. */
  drained(): Promise<void>;
  close(): void;
}

/** How a file is made: `wx` refuses one that exists, and the mode is that of a new one. */
export interface NewFile {
  readonly flags: "w" | "wx";
  readonly mode: number;
}

/** @param path `-` is the standard output; absent: nothing is written. @throws {UsageError} */
export function openOutput(
  path: string | undefined,
  stdout: Sink,
  as: NewFile = { flags: "w", mode: 0o666 },
): CaptureOutput {
  if (path === undefined) return { add: () => {}, flush: () => {}, drained: async () => {}, close: () => {} };
  if (path === "-")
    return gathering({
      send: (bytes) => stdout.write(bytes),
      drained: async () => stdout.drained?.(),
      close: () => {},
    });
  const file = open(path, as);
  return gathering({
    send: (bytes) => write(file, bytes, path),
    drained: async () => {},
    close: () => closeSync(file),
  });
}

/** Before anything else is written: whether a file of this name may be replaced. @throws {UsageError} */
export function checkOutput(path: string | undefined): void {
  if (path === undefined || path === "-") return;
  try {
    checkPresent(path, statSync(path, { throwIfNoEntry: false }));
  } catch (error) {
    throw notWritable(path, error);
  }
}

interface Destination extends Pick<CaptureOutput, "drained" | "close"> {
  send(bytes: Uint8Array): void;
}

function gathering({ send, drained, close }: Destination): CaptureOutput {
  let parts: Uint8Array[] = [];
  return {
    add: (bytes) => void parts.push(bytes),
    flush: () => {
      if (parts.length === 0) return;
      const all = Buffer.concat(parts);
      parts = [];
      send(all);
    },
    drained,
    close,
  };
}

/**
 * A capture that is there is replaced and not emptied: a server may be writing to it, and would go on at the place where it
 * was, after a hole. A file of something else stays: its name is a slip. Devices and pipes are written to as they are.
 */
function open(path: string, { flags, mode }: NewFile): number {
  try {
    const present = flags === "w" ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (present?.isFile() !== true) return openSync(path, flags, mode);
    checkPresent(path, present);
    return openInPlaceOf(path);
  } catch (error) {
    throw notWritable(path, error);
  }
}

function checkPresent(path: string, present: Stats | undefined): void {
  if (present?.isFile() !== true || present.size === 0 || isCapture(startOf(path))) return;
  throw new Error("a file that is no capture has this name: move it away, or choose another name");
}

const notWritable = (path: string, error: unknown): UsageError =>
  new UsageError(`Cannot write to ${path}: ${describeFileError(path, error)}`);

function startOf(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const start = Buffer.alloc(4);
    return start.subarray(0, readSync(file, start));
  } finally {
    closeSync(file);
  }
}

function write(file: number, bytes: Uint8Array, path: string): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  } catch (error) {
    throw new OutputError(`Cannot write to ${path}: ${describeError(error)}`);
  }
}
