import { expect, test } from "bun:test";
import { rowFormat, table, tableWidth } from "../../../src/cli/terminal/table.ts";

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

const columns = [{ title: "SERVICE" }, { title: "ADDRESS" }, { title: "CLIENTS", align: "right" as const }];
const rows = [
  ["\x1b[32mzmq-rep\x1b[39m", "127.0.0.1:5555/tcp 127.0.0.1:5556/tcp", "3"],
  ["\x1b[32m漢字漢字漢字漢字\x1b[39m", "-", "1200"],
];

test.each([80, 60, 40, 30, 20, 5])(
  "no line is wider than %d columns, and what is left out is marked",
  (limit) => {
    const lines = table(columns, rows, limit).split("\n");
    for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(limit);
    if (limit < 60) expect(lines.join("")).toContain("…");
    expect(lines.join("").match(/\x1b\[32m/g)).toHaveLength(2);
    expect(lines.join("").match(/\x1b\[39m/g)).toHaveLength(2);
  },
);

test("numbers are kept as long as a text can be cut", () => {
  expect(table(columns, rows, 40)).toContain("1200");
});

test("the open last column of single rows is cut to what is left", () => {
  const row = rowFormat([{ title: "name", width: 10 }, { title: "what was said" }], 30);
  expect(row(["echo", "a".repeat(100)])).toBe(`echo        ${"a".repeat(17)}…`);
  expect(row(["echo", "halo"])).toBe("echo        halo");
});

test("a table is as wide as COLUMNS says, or the terminal; a pipe has no width", () => {
  const sink = (isTerminal: boolean) => ({ isTerminal, columns: 100, write: () => {} });
  expect(tableWidth(sink(true), {})).toBe(100);
  expect(tableWidth(sink(true), { COLUMNS: "60" })).toBe(60);
  expect(tableWidth(sink(false), { COLUMNS: "60" })).toBe(60);
  expect(tableWidth(sink(false), { COLUMNS: "wide" })).toBe(Number.POSITIVE_INFINITY);
});
