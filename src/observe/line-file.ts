import { constants, openSync } from "node:fs";
import { LineWriter } from "./line-writer.ts";

/** Never blocks: without the flag, opening a named pipe would wait for its reader. */
const appending = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** Lines are appended to this file. @param mode of a file that is not there yet. @throws when it cannot be opened */
export function openLineFile(path: string, mode: number): LineWriter {
  return new LineWriter({ fd: openSync(path, appending, mode), name: path });
}

/** A record as a line of JSON Lines, which a terminal shows as it is. */
export function jsonLine(record: object): string {
  return `${JSON.stringify(record).replace(invisible, escapeCharacter)}\n`;
}

/** What JSON may hold as it is, and a terminal may not: C1 controls and what reorders or hides text. */
const invisible = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
