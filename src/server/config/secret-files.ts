import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { resolve } from "node:path";
import { mask } from "../../core/secrets.ts";
import type { Diagnostic } from "./diagnostic.ts";

/** Bytes of a file that the configuration takes a text from: a password has tens, a key or a verifier hundreds. */
const maxSize = 64 * 1024;

/** Bytes that all references of a configuration take together, as many as the configuration itself may have. */
const maxTotal = 4 * 1024 * 1024;

/** Characters of a text that is worth hiding in any message; a shorter one would take away half of their words. */
const minHidden = 4;

/** What stands in for a text on a machine that does not have it: long enough for an admin token. */
const placeholder = "*".repeat(32);

/** The files that `${file:PATH}` refers to. Each is read once, so that all references get the same text. */
export class SecretFiles {
  readonly #folder: string;
  readonly #isElsewhere: boolean;
  readonly #texts = new Map<string, string>();
  #taken = 0;

  /**
   * @param folder where relative paths start
   * @param isElsewhere the services run on another machine, whose files are not here
   */
  constructor(folder: string, isElsewhere: boolean) {
    this.#folder = folder;
    this.#isElsewhere = isElsewhere;
  }

  /** The text of a file without the line end that editors and `echo` put there. @throws {FillError} */
  read(path: string): string {
    const file = resolve(this.#folder, path);
    const text = this.#texts.get(file) ?? this.#load(file, path);
    this.#texts.set(file, text);
    this.#taken += text.length;
    if (this.#taken > maxTotal)
      throw new FillError(
        `\${file:${path}} is one too many: all files together give more than ${maxTotal} bytes`,
      );
    return text;
  }

  /** Those that have been read. */
  get paths(): readonly string[] {
    return [...this.#texts.keys()];
  }

  /** A diagnostic that does not quote any of the texts, such as one about several settings together. */
  withoutTexts(diagnostic: Diagnostic): Diagnostic {
    const texts = [...this.#texts.values()].filter(({ length }) => length >= minHidden);
    // A longer one may hold a shorter one. As JSON, the way that messages quote, it may be another text.
    const message = texts
      .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
      .sort((a, b) => b.length - a.length)
      .reduce((shown, text) => shown.replaceAll(text, mask), diagnostic.message);
    return { ...diagnostic, message };
  }

  #load(file: string, path: string): string {
    try {
      return readText(file);
    } catch (error) {
      if (this.#isElsewhere) return placeholder;
      throw new FillError(`\${file:${path}} is ${file}, which ${reasonOf(error, path)}`, { cause: error });
    }
  }
}

/** A reference that cannot be filled in. Its message has nothing of what is in a file. */
export class FillError extends Error {
  override readonly name = "FillError";
}

function readText(file: string): string {
  // A pipe without a writer would keep us waiting.
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    if (!fstatSync(handle).isFile()) throw new FillError("is no file");
    // What /proc has says that it has no size.
    const bytes = Buffer.alloc(maxSize + 1);
    let size = 0;
    for (let count = -1; count !== 0 && size < bytes.length; size += count)
      count = readSync(handle, bytes, size, bytes.length - size, null);
    if (size > maxSize) throw new FillError(`is too large: it has more than ${maxSize} bytes (64 KiB)`);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, size)).replace(/\r?\n$/, "");
  } finally {
    closeSync(handle);
  }
}

function reasonOf(error: unknown, path: string): string {
  if (error instanceof FillError) return error.message;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const hint = path.includes(":-") ? "; a reference to a file has no default" : "";
  if (code === "ENOENT" || code === "ENOTDIR") return `is not there${hint}`;
  if (code === "EACCES") return "may not be read; check its permissions";
  if (error instanceof TypeError) return "is not UTF-8 text";
  return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
}
