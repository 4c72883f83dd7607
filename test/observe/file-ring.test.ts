import { expect, test } from "bun:test";
import {
  closeSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { checkRing, openNext, type Ring, ringName } from "../../src/observe/file-ring.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Every file of these begins with an exclamation mark. */
function ringIn(folder: string, count: number, name = "lab.pcapng"): Ring {
  return { path: join(folder, name), count, magic: Buffer.from("!") };
}

/** Writes a text to the next file. */
function next(ring: Ring, text: string): void {
  const fd = openNext(ring);
  writeSync(fd, `!${text}`);
  closeSync(fd);
}

const texts = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .toSorted()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );

test("the newest has the name, those before it have numbers, and no more are kept", () => {
  const folder = scratchFolder("ring");
  for (const text of ["a", "b", "c", "d"]) next(ringIn(folder, 3), text);
  expect(texts(folder)).toEqual({ "lab.pcapng": "!d", "lab.1.pcapng": "!c", "lab.2.pcapng": "!b" });
  expect(statSync(join(folder, "lab.pcapng")).mode & 0o777).toBe(0o600);
});

test("one alone is replaced", () => {
  const folder = scratchFolder("ring");
  for (const text of ["a", "b"]) next(ringIn(folder, 1), text);
  expect(texts(folder)).toEqual({ "lab.pcapng": "!b" });
});

test("those that are kept no more go, and files of others with such names stay", () => {
  const folder = scratchFolder("ring");
  for (const text of ["a", "b", "c", "d"]) next(ringIn(folder, 4), text);
  writeFileSync(join(folder, "lab.4.pcapng"), "of somebody else");
  next(ringIn(folder, 2), "e");
  expect(texts(folder)).toEqual({
    "lab.pcapng": "!e",
    "lab.1.pcapng": "!d",
    "lab.4.pcapng": "of somebody else",
  });
});

test("while no file has the name, the others keep theirs", () => {
  const folder = scratchFolder("ring");
  writeFileSync(join(folder, "lab.1.pcapng"), "!older");
  next(ringIn(folder, 3), "a");
  expect(texts(folder)).toEqual({ "lab.pcapng": "!a", "lab.1.pcapng": "!older" });
});

test("who writes to a file goes on to when it has another name", () => {
  const folder = scratchFolder("ring");
  const first = openNext(ringIn(folder, 2));
  writeSync(first, "!a");
  next(ringIn(folder, 2), "b");
  writeSync(first, " and more");
  closeSync(first);
  expect(texts(folder)).toEqual({ "lab.pcapng": "!b", "lab.1.pcapng": "!a and more" });
});

test("what is none of the ring keeps its name: a device, a folder, the file of another program", () => {
  const folder = scratchFolder("ring");
  symlinkSync("/dev/null", join(folder, "device"));
  mkdirSync(join(folder, "sub"));
  writeFileSync(join(folder, "lab.yaml"), "services:");
  for (const name of ["device", "sub"]) {
    expect(() => checkRing(ringIn(folder, 3, name))).toThrow("no regular file");
    expect(() => openNext(ringIn(folder, 3, name))).toThrow("no regular file");
  }
  expect(() => checkRing(ringIn(folder, 3, "lab.yaml"))).toThrow("a file that is no capture has this name");
  expect(readdirSync(folder).toSorted()).toEqual(["device", "lab.yaml", "sub"]);
});

test("an empty file is replaced", () => {
  const folder = scratchFolder("ring");
  writeFileSync(join(folder, "lab.pcapng"), "");
  checkRing(ringIn(folder, 1));
  next(ringIn(folder, 1), "a");
  expect(texts(folder)).toEqual({ "lab.pcapng": "!a" });
});

test("where a file cannot be opened, or not be named, all are as they were", () => {
  const folder = scratchFolder("ring");
  next(ringIn(folder, 3), "a");
  const elsewhere = ringIn(join(folder, "no"), 3);
  expect(() => checkRing(elsewhere)).toThrow("ENOENT");
  expect(() => openNext(elsewhere)).toThrow("ENOENT");
  // A folder cannot take the place of a file.
  mkdirSync(ringName(join(folder, "lab.pcapng"), 1));
  expect(() => openNext(ringIn(folder, 2))).toThrow();
  expect(readdirSync(folder).toSorted()).toEqual(["lab.1.pcapng", "lab.pcapng"]);
});
