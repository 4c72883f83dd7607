import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  checkScriptFile,
  scriptBeside,
  scriptFor,
  signed,
  writeScriptFile,
} from "../../../src/cli/capture/script-file.ts";
import { scratchFolder } from "../../support/scratch.ts";

const folder = scratchFolder("script-file");
let count = 0;
const fresh = () => join(folder, `script-${count++}.lua`);

test.each([
  ["lab.pcapng", "lab.lua"],
  ["/tmp/lab.PCAP", "/tmp/lab.lua"],
  ["lab.cap", "lab.lua"],
  ["lab", "lab.lua"],
  // Never the capture itself.
  ["lab.lua", "lab.lua.lua"],
  ["a.pcapng.gz", "a.pcapng.gz.lua"],
  ["folder/.pcapng", "folder/.pcapng.lua"],
])("beside %s stands %s", (capture, script) => {
  expect(scriptBeside(capture)).toBe(script);
});

test.each([[undefined], ["-"]])("a capture in no file (%p) has nothing beside it", (capture) => {
  expect(() => scriptFor(capture)).toThrow("name one by -w, or use distcli wireshark");
});

describe("the file", () => {
  test("is new, for all to read, and says who wrote it", () => {
    const path = fresh();
    writeScriptFile(path, "print(1)\n");
    expect(readFileSync(path, "utf8")).toMatch(/^-- Written by distcli \([0-9a-f]{16}\): .*\nprint\(1\)\n$/);
    expect(statSync(path).mode & 0o777 & ~process.umask()).toBe(0o666 & ~process.umask());
  });

  test("replaces one that distcli wrote", () => {
    const path = fresh();
    writeScriptFile(path, "print(1)\n");
    writeScriptFile(path, "print(2)\n");
    expect(readFileSync(path, "utf8")).toBe(signed("print(2)\n"));
  });

  test.each([
    ["is somebody else's", "-- mine\n"],
    ["is empty", ""],
    ["only claims to be distcli's", "-- Written by distcli (0123456789abcdef): x\nprint(1)\n"],
    ["was changed since", `${signed("print(1)\n")}print(2)\n`],
  ])("does not replace one that %s", (_, text) => {
    const path = fresh();
    writeFileSync(path, text);
    expect(() => writeScriptFile(path, "print(3)\n")).toThrow(
      `${path} exists already, and is not as distcli wrote it: move it away, or choose another name`,
    );
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("replaces no folder, and follows no link that leads nowhere", () => {
    const [directory, link] = [fresh(), fresh()];
    mkdirSync(directory);
    expect(() => checkScriptFile(directory)).toThrow("is not as distcli wrote it");
    symlinkSync(join(folder, "nowhere"), link);
    expect(() => writeScriptFile(link, "x")).toThrow(`Cannot read ${link}: ENOENT`);
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });

  test("says where it cannot be written", () => {
    const path = join(folder, "no", "such", "lab.lua");
    expect(() => writeScriptFile(path, "x")).toThrow(`Cannot write to ${path}: there is no folder `);
  });
});
