import { open, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Damage } from "../../../storage/log-reader.ts";
import type { MissingMessages } from "./replay.ts";

/** So many sessions are named. */
const maxNamed = 10;

/** What is damaged, and what that costs whom. */
export function reportDamage(
  directory: string,
  damages: readonly Damage[],
  nonsense: readonly string[],
  missing: readonly MissingMessages[],
): string {
  const parts = damages.map(describe);
  const total = missing.reduce((sum, { count }) => sum + count, 0);
  const named = missing.slice(0, maxNamed).map(({ clientId, count }) => `"${clientId}" ${count}`);
  const lost =
    total === 0
      ? "no message of a session that is left is missing, though changes in these parts are"
      : `${total} messages of ${missing.length} sessions are missing: ${named.join(", ")}${missing.length > maxNamed ? " ..." : ""}`;
  return `${directory} is damaged: ${[...parts, ...nonsense].join("; ")}; ${lost}`;
}

function describe({ path, from, to, groups }: Damage): string {
  const name = basename(path);
  if (from === to) return `${groups} groups before ${name} are not there`;
  return groups === 0 ? `${name} has no header` : `${name}, bytes ${from} to ${to} (${groups} groups)`;
}

/** Copies damaged parts into files of their own; a file of which nothing can be read gets another name. @returns their names */
export async function setAside(directory: string, damages: readonly Damage[]): Promise<string[]> {
  const names: string[] = [];
  for (const { path, from, to, groups } of damages) {
    if (to === from) continue;
    if (groups === 0) {
      const name = `damaged-${basename(path, ".log")}.bin`;
      await rename(path, join(directory, name));
      names.push(name);
      continue;
    }
    const name = `damaged-${basename(path, ".log")}-${from}.bin`;
    const file = await open(path, "r");
    try {
      const bytes = Buffer.alloc(to - from);
      await file.read(bytes, 0, bytes.length, from);
      await writeFile(join(directory, name), bytes);
    } finally {
      await file.close();
    }
    names.push(name);
  }
  return names;
}
