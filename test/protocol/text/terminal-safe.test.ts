import { expect, test } from "bun:test";
import { terminalSafe } from "../../../src/protocol/text/terminal-safe.ts";

test("what would move the cursor becomes visible; lines, tabs and our own colours stay", () => {
  expect(terminalSafe("a\tb\n\x1b[31mred\x1b[39m")).toBe("a\tb\n\x1b[31mred\x1b[39m");
  expect(terminalSafe("\x1b]0;title\x07\r\x1b[2J\u202e")).toBe("\\x1b]0;title\\x07\\x0d\\x1b[2J\\u202e");
});
