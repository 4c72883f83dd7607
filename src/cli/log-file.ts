import { closeSync, openSync, writeSync } from "node:fs";
import { describeError } from "../core/errors.ts";
import { UsageError } from "./exit.ts";

/** What `--log FILE` appends to: every line is in the file when `write` returns. */
export interface LogFile {
  write(data: string | Uint8Array): void;
  close(): void;
}

export const noLogFile: LogFile = { write: () => {}, close: () => {} };

export function openLogFile(path: string): LogFile {
  const file = open(path);
  return {
    write: (data) => {
      if (typeof data === "string") writeSync(file, data);
      else writeSync(file, data);
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    return openSync(path, "a");
  } catch (error) {
    throw new UsageError(`Cannot append to --log ${path}: ${describeError(error)}`, { cause: error });
  }
}
