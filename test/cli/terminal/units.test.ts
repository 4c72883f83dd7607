import { expect, test } from "bun:test";
import { linesOf } from "../../../src/cli/terminal/lines.ts";
import { table } from "../../../src/cli/terminal/table.ts";
import { terminalSafe } from "../../../src/cli/terminal/terminal-safe.ts";
import { formatSize } from "../../../src/cli/terminal/units.ts";

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

test("lines are cut at either line end, wherever the chunks are, and the last needs none", async () => {
  const euro = Buffer.from("é");
  const source = chunks("sa", "tu\r", "\n", "dua\n\n", euro.subarray(0, 1), euro.subarray(1));
  expect(await Array.fromAsync(linesOf(source))).toEqual(["satu", "dua", "", "é"]);
});

test("columns are aligned by what a terminal shows, not by characters", () => {
  const text = table(
    [{ title: "name" }, { title: "ms", align: "right" }],
    [
      ["\x1b[32mok\x1b[39m", "1"],
      ["漢字", "1000"],
    ],
  );
  expect(text).toBe("name    ms\n\x1b[32mok\x1b[39m       1\n漢字  1000");
});

test("what would move the cursor becomes visible; lines, tabs and our own colours stay", () => {
  expect(terminalSafe("a\tb\n\x1b[31mred\x1b[39m")).toBe("a\tb\n\x1b[31mred\x1b[39m");
  expect(terminalSafe("\x1b]0;title\x07\r\x1b[2J\u202e")).toBe("\\x1b]0;title\\x07\\x0d\\x1b[2J\\u202e");
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [999_600, "1.0 MB"],
  [210_000_000, "210 MB"],
])("%d bytes read %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
