import { describeError } from "../../core/errors.ts";
import { UsageError } from "../program/errors.ts";
import type { CliIo } from "../terminal/io.ts";

/** The options of which one says what to publish. */
export interface MessageOptions {
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly stdinFile?: true | undefined;
  readonly nullMessage?: true | undefined;
}

/** The message, whole. @throws {UsageError} when its file cannot be read */
export async function wholeMessage(
  { message, file, stdinFile }: MessageOptions,
  io: CliIo,
): Promise<string | Uint8Array> {
  if (message !== undefined) return message;
  if (file !== undefined) return readFile(file);
  if (stdinFile) return Buffer.concat(await Array.fromAsync(io.stdin));
  return "";
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await Bun.file(path).bytes();
  } catch (error) {
    throw new UsageError(`Cannot publish --file ${path}: ${describeError(error)}`, { cause: error });
  }
}

/** @throws {UsageError} unless exactly one of the options was given. @param letters what may be given, for the message */
export function mustBeOne(given: readonly unknown[], letters: string): void {
  if (given.filter((option) => option !== undefined).length === 1) return;
  throw new UsageError(`Say what to publish with exactly one of ${letters}`);
}
