import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";

/** A file with a list of users or rules. */
export interface ListFile<T> {
  readonly items: readonly T[];
  /** The line on which each begins. */
  readonly lines: readonly number[];
}

/** What is wrong with such a file; the message begins with its path and the line. */
export class ListFileError extends Error {}

/** 10,000 rules take about 1 MB. */
const maxSize = 16 * 1024 * 1024;

/** @throws {ListFileError} */
export function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > maxSize) throw new ListFileError(`${path} has ${size} bytes; at most ${maxSize} are read`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof ListFileError) throw error;
    throw new ListFileError(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** By its name; the other form is Mosquitto's. */
export const isYaml = (path: string): boolean => [".yaml", ".yml", ".json"].includes(extname(path));

/**
 * Reads a list in YAML or JSON: by itself, or as the value of `key`.
 * @throws {ListFileError}
 */
export function readYamlList<T>(path: string, key: string, item: z.ZodType<T>): ListFile<T> {
  const counter = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number) => counter.linePos(offset).line;
  const [broken] = document.errors;
  if (broken !== undefined) throw new ListFileError(`${path}:${lineAt(broken.pos[0])}: ${broken.message}`);
  const value: unknown = document.toJS({ maxAliasCount: 1000 });
  const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
  const root = isNested ? [key] : [];
  const list = isNested ? Reflect.get(value, key) : value;
  if (!Array.isArray(list)) {
    throw new ListFileError(`${path}: must be a list, or a map with one under ${key}:`);
  }
  const lineOf = (at: readonly PropertyKey[]): number => {
    for (let length = at.length; length >= 0; length--) {
      const node = document.getIn([...root, ...at.slice(0, length)], true);
      if (isNode(node) && node.range) return lineAt(node.range[0]);
    }
    return 1;
  };
  const items = list.map((one, index) => {
    const { success, data, error } = item.safeParse(one);
    if (success) return data;
    const [issue] = error.issues;
    const at = [index, ...(issue?.path ?? [])];
    const where = at.slice(1).join(".");
    const of = where === "" ? "" : `${where} `;
    throw new ListFileError(`${path}:${lineOf(at)}: ${of}${issue?.message ?? "is not valid"}`);
  });
  return { items, lines: list.map((_, index) => lineOf([index])) };
}
