import { appendFileSync, closeSync, openSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { OutputError, UsageError } from "./errors.ts";

/** The file of `--log FILE`. The text is in the file when `write` returns. */
export interface LogFile {
  /** @throws {OutputError} when the file cannot be written, for example because the disk is full */
  write(text: string): void;
  close(): void;
}

export const noLogFile: LogFile = { write: () => {}, close: () => {} };

export function openLogFile(path: string): LogFile {
  const file = open(path);
  return {
    write: (text) => {
      try {
        appendFileSync(file, bytesOfText(text));
      } catch (error) {
        throw new OutputError(cannotAppend(path, error));
      }
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    return openSync(path, "a");
  } catch (error) {
    throw new UsageError(cannotAppend(path, error));
  }
}

const cannotAppend = (path: string, error: unknown): string =>
  `Cannot append to --log ${path}: ${describeError(error)}`;
