import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mutations } from "./table.ts";

const root = join(import.meta.dir, "../..");

test("every mutant fits the program as it is now: its text is in its file once, and its tests exist", () => {
  const misfits = mutations.filter(({ file, text, replacement, tests }) => {
    const pieces = readFileSync(join(root, file), "utf8").split(text);
    return pieces.length !== 2 || text === replacement || !existsSync(join(root, tests));
  });
  expect(misfits).toEqual([]);
});

test("the mutants differ", () => {
  const changes = mutations.map(({ file, text, replacement }) => JSON.stringify([file, text, replacement]));
  expect(changes.filter((change, index) => changes.indexOf(change) !== index)).toEqual([]);
});
