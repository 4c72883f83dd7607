import { expect, test } from "bun:test";
import { LimitedLog } from "../../src/net/limited-log.ts";
import { until } from "../support/until.ts";

test("of what comes beyond the limit only the count is written, at the end of the interval", async () => {
  const lines: string[] = [];
  const log = new LimitedLog((line) => lines.push(line), "failures", { lines: 2, intervalMs: 5 });
  for (let i = 1; i <= 5; i++) log.write(`failure ${i}`);
  expect(lines).toEqual(["failure 1", "failure 2"]);
  await until(() => lines.length === 3);
  expect(lines[2]).toBe("3 more failures are not in the log one by one");
  log.write("failure 6");
  expect(lines[3]).toBe("failure 6");
  log.close();
});

test("what is left is written when nothing comes any more", () => {
  const lines: string[] = [];
  const log = new LimitedLog((line) => lines.push(line), "failures", { lines: 1 });
  for (let i = 1; i <= 3; i++) log.write(`failure ${i}`);
  log.close();
  expect(lines).toEqual(["failure 1", "2 more failures are not in the log one by one"]);
});
