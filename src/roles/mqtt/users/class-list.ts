import { randomInt } from "node:crypto";
import { accessSync, constants, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import { ListFileError } from "../rules/list-file.ts";
import { listOf, namesIn, type UserClass } from "./class-config.ts";
import type { UserConfig } from "./config.ts";
import { readUserFile } from "./user-file.ts";

/**
 * The users of a class, as its list has them; undefined while the list lacks some.
 * @throws {ListFileError} when the list cannot be read
 */
export function usersOfClass(entry: UserClass): readonly UserConfig[] | undefined {
  const path = listOf(entry);
  if (!isThere(path)) return undefined;
  const listed = new Map(readUserFile(path).map((user) => [user.name, user]));
  const users = namesIn(entry).flatMap((name) => listed.get(name) ?? []);
  if (users.length < entry.count) return undefined;
  const { groups } = entry;
  return groups === undefined
    ? users
    : users.map((user) => ({ ...user, groups: [...(user.groups ?? []), ...groups] }));
}

/** Adds those that the list of a class lacks, each with a new password. @returns how many @throws when it cannot be written */
export function completeList(entry: UserClass): number {
  const path = listOf(entry);
  const known = new Set(isThere(path) ? readUserFile(path).map(({ name }) => name) : []);
  const missing = namesIn(entry).filter((name) => !known.has(name));
  const lines = missing.map((name) => `- { name: ${JSON.stringify(name)}, password: ${madePassword()} }\n`);
  const before = known.size === 0 ? heading : withLineEnd(readFileSync(path, "utf8"));
  if (missing.length > 0) replaceList(path, before + lines.join(""));
  return missing.length;
}

/** As a whole, so that a file of another form, to which lines cannot be added, stays what it is. */
function replaceList(path: string, text: string): void {
  const made = `${path}.${process.pid}${extname(path)}`;
  try {
    // Passwords that are to be handed out stand there as they are: for the eyes of its owner only.
    writeFileSync(made, text, { mode: 0o600, flag: "wx" });
    readUserFile(made);
    renameSync(made, path);
  } catch (error) {
    rmSync(made, { force: true });
    if (!(error instanceof ListFileError)) throw error;
    throw new Error(
      `Cannot add users to ${path}: it must be a list in YAML, a line beginning with "- " for each user`,
    );
  }
}

const heading =
  "# Names and passwords, one for each to hand out. distsrv made them, and adds what is missing.\n";

const withLineEnd = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** Why the list of a class cannot be used or made; undefined: it can. */
export function whyNotListed(entry: UserClass): string | undefined {
  const path = listOf(entry);
  try {
    if (usersOfClass(entry) !== undefined) return undefined;
    accessSync(isThere(path) ? path : dirname(path), constants.W_OK);
    return undefined;
  } catch (error) {
    if (error instanceof ListFileError) return error.message;
    return `${path} cannot be written: ${error instanceof Error ? error.message : error}`;
  }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

/** Without those that look like another: 0 and o, 1 and l and i. */
const letters = "abcdefghjkmnpqrstuvwxyz23456789";

/** Easy to type, and too many to try: 31 to the 10th. */
function madePassword(): string {
  const part = () => Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join("");
  return `${part()}-${part()}`;
}
