import { createHash } from "node:crypto";
import { closeSync, lstatSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import { describeFileError } from "../../core/file-error.ts";
import { UsageError } from "../program/errors.ts";
import { replaceFile } from "../program/replace-file.ts";

/** More than any script of ours has. */
const maxSize = 4 * 1024 * 1024;

/** `lab.lua` beside `lab.pcapng`. */
export const scriptBeside = (capture: string): string =>
  `${capture.replace(/(?<=[^/\\])\.p?cap(ng)?$/i, "")}.lua`;

export const luaHelp =
  "also write a script beside the file of -w, NAME.lua, that makes Wireshark and tshark show what the lab says";

/**
 * Where `--lua` puts it.
 * @throws {UsageError} for a capture that is in no file
 */
export function scriptFor(capture: string | undefined): string {
  if (capture !== undefined && capture !== "-") return scriptBeside(capture);
  throw new UsageError(
    "--lua writes a script beside a capture file: name one by -w, or use distcli wireshark",
  );
}

/** The script with a first line by which a later distcli knows that this text is its own. */
export const signed = (script: string): string => `${firstLine(script)}\n${script}`;

const firstLine = (script: string): string =>
  `-- Written by distcli (${digest(script)}): what the services of a lab say, for Wireshark and tshark.`;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/**
 * To be called before anything else is begun: a file that distcli did not write, or that somebody has changed, stays.
 * @throws {UsageError}
 */
export function checkScriptFile(path: string): void {
  if (isThere(path) && !isOurs(path))
    throw new UsageError(
      `${path} exists already, and is not as distcli wrote it: move it away, or choose another name`,
    );
}

/** @throws {UsageError} when it cannot be written, or would replace a file that is not ours */
export function writeScriptFile(path: string, script: string): void {
  checkScriptFile(path);
  if (isThere(path)) {
    replaceFile(path, signed(script));
    return;
  }
  try {
    // Like any text, it may be read by all; and a file that has come meanwhile is left alone.
    const file = openSync(path, "wx", 0o666);
    try {
      const bytes = Buffer.from(signed(script));
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new UsageError(`Cannot write to ${path}: ${describeFileError(path, error)}`);
  }
}

/** Also a link that leads nowhere. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function isOurs(path: string): boolean {
  try {
    const found = statSync(path);
    if (!found.isFile() || found.size > maxSize) return false;
    const text = readFileSync(path, "utf8");
    const end = text.indexOf("\n");
    return end > 0 && text.slice(0, end) === firstLine(text.slice(end + 1));
  } catch (error) {
    throw new UsageError(`Cannot read ${path}: ${describeError(error)}`);
  }
}
