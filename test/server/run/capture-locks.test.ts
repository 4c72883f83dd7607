import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { CaptureLocks } from "../../../src/server/run/capture-locks.ts";
import { DirectoryInUseError, DirectoryLock } from "../../../src/storage/lock.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** What another process would have. */
function locks(owner: string): CaptureLocks {
  return new CaptureLocks((directory, name) => {
    try {
      const lock = DirectoryLock.take(directory, name);
      return { release: () => lock.release() };
    } catch (error) {
      if (error instanceof DirectoryInUseError) return { heldBy: error.heldBy };
      throw error;
    }
  }, owner);
}

const scene = () => {
  const file = join(scratchFolder("locks"), "lab.pcapng");
  return { file, folder: `${file}.lock` };
};

test("one has the files, others learn who, and nothing is left when it has given them back", () => {
  const { file, folder } = scene();
  const [one, other] = [locks("the first"), locks("the second")];
  const [give, giveAgain] = [one.take(file), one.take(file)];
  expect(() => other.take(file)).toThrow("the first writes to it already");
  give();
  expect(() => other.take(file)).toThrow("the first writes to it already");
  giveAgain();
  expect(existsSync(folder)).toBe(false);
  other.take(file)();
});

test("what a killed process has left is taken over", () => {
  const { file, folder } = scene();
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, "lock"), "");
  writeFileSync(join(folder, "owner"), "a dead one\n");
  locks("the next").take(file)();
  expect(existsSync(folder)).toBe(false);
});

test("a folder with something else in it is neither taken nor removed", () => {
  const { file, folder } = scene();
  mkdirSync(folder);
  writeFileSync(join(folder, "thesis.docx"), "years");
  expect(() => locks("a server").take(file)).toThrow("is no lock of this user's: move it away");
  expect(readdirSync(folder)).toEqual(["thesis.docx"]);
});

test("nobody chooses a file that is written over: neither by a link for the folder nor in it", () => {
  const { file, folder } = scene();
  const [precious, elsewhere] = [join(scratchFolder("other"), "precious"), scratchFolder("elsewhere")];
  writeFileSync(precious, "untouched");
  symlinkSync(elsewhere, folder);
  expect(() => locks("a server").take(file)).toThrow("is no lock of this user's");
  const open = scene();
  mkdirSync(open.folder);
  chmodSync(open.folder, 0o777);
  symlinkSync(precious, join(open.folder, "owner"));
  expect(() => locks("a server").take(open.file)).toThrow("is no lock of this user's");
  // One that is this user's own: the lock itself follows no link.
  chmodSync(open.folder, 0o700);
  expect(() => locks("a server").take(open.file)).toThrow("ELOOP");
  expect(readFileSync(precious, "utf8")).toBe("untouched");
});
