import { expect, test } from "bun:test";
import { table } from "../../../src/cli/terminal/table.ts";

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
