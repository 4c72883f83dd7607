import { expect, test } from "bun:test";
import { closeSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openNext, ringName } from "../../src/observe/file-ring.ts";
import { scratchFolder } from "../support/scratch.ts";

const folderWithPath = () => {
  const folder = scratchFolder("ring");
  return { folder, path: join(folder, "lab.pcapng") };
};

/** Writes a text to the next file. */
function next(path: string, count: number, text: string): void {
  const fd = openNext(path, count);
  writeSync(fd, text);
  closeSync(fd);
}

const texts = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );

test("the newest has the name, those before it have numbers, and no more are kept", () => {
  const { folder, path } = folderWithPath();
  for (const text of ["a", "b", "c", "d"]) next(path, 3, text);
  expect(texts(folder)).toEqual({ "lab.pcapng": "d", "lab.1.pcapng": "c", "lab.2.pcapng": "b" });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("one alone is replaced", () => {
  const { folder, path } = folderWithPath();
  next(path, 1, "a");
  next(path, 1, "b");
  expect(texts(folder)).toEqual({ "lab.pcapng": "b" });
});

test("while no file has the name, the others keep theirs", () => {
  const { folder, path } = folderWithPath();
  next(ringName(path, 1), 1, "older");
  next(path, 3, "a");
  expect(texts(folder)).toEqual({ "lab.pcapng": "a", "lab.1.pcapng": "older" });
});

test("who writes to a file goes on to when it has another name", () => {
  const { folder, path } = folderWithPath();
  const first = openNext(path, 2);
  next(path, 2, "b");
  writeSync(first, "a");
  closeSync(first);
  expect(texts(folder)).toEqual({ "lab.pcapng": "b", "lab.1.pcapng": "a" });
});

test("what is no file keeps its name", () => {
  const { folder, path } = folderWithPath();
  symlinkSync("/dev/null", path);
  expect(() => openNext(path, 3)).toThrow("no regular file");
  mkdirSync(join(folder, "sub"));
  expect(() => openNext(join(folder, "sub"), 3)).toThrow("no regular file");
  expect(readdirSync(folder).toSorted()).toEqual(["lab.pcapng", "sub"]);
});

test("where a file cannot be opened, or not be named, all are as they were", () => {
  const { folder, path } = folderWithPath();
  next(path, 3, "a");
  expect(() => openNext(join(folder, "no", "lab.pcapng"), 3)).toThrow("ENOENT");
  // A folder cannot take the place of a file.
  mkdirSync(ringName(path, 1));
  expect(() => openNext(path, 2)).toThrow();
  expect(readdirSync(folder).toSorted()).toEqual(["lab.1.pcapng", "lab.pcapng"]);
});
