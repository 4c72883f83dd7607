import { describe, expect, onTestFinished, test } from "bun:test";
import {
  chmodSync,
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { openOutput } from "../../../src/cli/capture/capture-output.ts";
import type { Sink } from "../../../src/cli/terminal/io.ts";
import { scratchFolder } from "../../support/scratch.ts";

const folder = scratchFolder("capture-output");
const stdout: Sink = { isTerminal: false, columns: 80, write: () => {} };

/** What a pcapng file begins with. */
const section = Buffer.from([0x0a, 0x0d, 0x0d, 0x0a]);

/** Writes a capture there, as `-w` does. */
function writeTo(path: string, text: string): void {
  const output = openOutput(path, stdout);
  output.add(Buffer.from(text));
  output.flush();
  output.close();
}

describe("a file that is there", () => {
  test("is replaced by another one, while whoever has it open goes on with the old one", () => {
    const path = join(folder, "open.pcapng");
    const server = openSync(path, "w");
    onTestFinished(() => closeSync(server));
    writeSync(server, section);
    writeSync(server, "the server's packets, ");
    linkSync(path, join(folder, "old.pcapng"));
    writeTo(path, "mine");
    writeSync(server, "and more");
    expect(readFileSync(path, "utf8")).toBe("mine");
    expect(readFileSync(join(folder, "old.pcapng"), "utf8")).toBe(`${section}the server's packets, and more`);
  });

  test("is another one from the first byte, with its permissions, and nothing else is left beside it", () => {
    const path = join(folder, "mode.pcapng");
    writeFileSync(path, section);
    chmodSync(path, 0o640);
    const before = statSync(path);
    const output = openOutput(path, stdout);
    onTestFinished(() => output.close());
    const after = statSync(path);
    expect(after.ino).not.toBe(before.ino);
    expect([after.size, after.mode & 0o777, after.uid]).toEqual([0, 0o640, before.uid]);
    expect(readdirSync(folder).filter((name) => name.startsWith("mode"))).toEqual(["mode.pcapng"]);
  });

  test("is replaced behind a link, which stays", () => {
    const [path, link] = [join(folder, "target.pcapng"), join(folder, "link.pcapng")];
    writeFileSync(path, section);
    symlinkSync(path, link);
    const { ino } = statSync(path);
    writeTo(link, "new");
    expect([lstatSync(link).isSymbolicLink(), readFileSync(path, "utf8")]).toEqual([true, "new"]);
    expect(statSync(path).ino).not.toBe(ino);
  });
});

test("only captures and empty files are replaced", () => {
  const path = join(folder, "exercise.sh");
  for (const text of ["distcli echo 127.0.0.1 halo", "abc"]) {
    writeFileSync(path, text);
    expect(() => openOutput(path, stdout)).toThrow(
      `Cannot write to ${path}: a file that is no capture has this name: move it away, or choose another name`,
    );
    expect(readFileSync(path, "utf8")).toBe(text);
  }
  for (const magic of ["", "0a0d0d0a", "a1b2c3d4", "d4c3b2a1", "4d3cb2a1"]) {
    writeFileSync(path, Buffer.from(magic, "hex"));
    writeTo(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
  }
});

test("a link that leads to nothing yet makes what it leads to", () => {
  const [path, link] = [join(folder, "later.pcapng"), join(folder, "dangling.pcapng")];
  symlinkSync(path, link);
  writeTo(link, "new");
  expect([lstatSync(link).isSymbolicLink(), readFileSync(path, "utf8")]).toEqual([true, "new"]);
});

test.skipIf(process.platform === "win32")("a named pipe and a device are written to as they are", () => {
  const pipe = join(folder, "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  // Open for both, so that neither end waits for the other.
  const reader = openSync(pipe, "r+");
  onTestFinished(() => closeSync(reader));
  writeTo(pipe, "packets");
  const bytes = Buffer.alloc(16);
  expect(bytes.toString("utf8", 0, readSync(reader, bytes))).toBe("packets");
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  writeTo("/dev/null", "packets");
  expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("what cannot be replaced is said with its name, and nothing is left beside it", () => {
  const path = join(folder, "none", "lab.pcapng");
  expect(() => openOutput(path, stdout)).toThrow(`Cannot write to ${path}: `);
});
