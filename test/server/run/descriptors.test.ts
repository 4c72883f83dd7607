import { expect, test } from "bun:test";
import type { Logger } from "../../../src/core/log.ts";
import { registry } from "../../../src/registry.ts";
import { compareLimits, descriptorBudget, descriptorProblems } from "../../../src/server/run/descriptors.ts";
import { load } from "../../support/registry.ts";

const yaml = `services:
  echo: { maxConnections: 500 }
  time: { threads: 3, maxConnections: 100 }
  udp:
  mqtt: { maxConnections: 200, listeners: [{ port: 1884 }] }
`;

function linesFor(limit: number): string[] {
  const lines: string[] = [];
  const line = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log: Logger = {
    debug: line("debug"),
    info: line("info"),
    warning: line("warning"),
    error: line("error"),
  };
  const plan = load(yaml, registry);
  const budget = descriptorBudget(plan, { limit, next: () => 9, open: () => 9 });
  if (budget !== undefined) compareLimits(plan, budget, log);
  return lines;
}

test("a limit that is lower than maxConnections of all services is said in one line", () => {
  expect(linesFor(700)).toEqual([
    "warning maxConnections of all services is 800 together, and this process may have 700 file descriptors: new connections are closed when 657 are open. To have more, raise the limit (ulimit -n, LimitNOFILE=)",
  ]);
  expect(linesFor(1024)).toEqual([]);
});

test("the descriptors are divided between the listeners of all threads", () => {
  const plan = load(yaml, registry);
  // echo 1, time 3, udp 1, mqtt 2
  const budget = descriptorBudget(plan, { limit: 1024, next: () => 9, open: () => 9 });
  expect(budget).toMatchObject({ reserved: 960, shared: 960 - 7 * 32 });
  expect(descriptorBudget(plan, { limit: undefined, next: () => 9, open: () => 9 })).toBeUndefined();
});

test("it is a problem while there is no room", () => {
  const budget = { limit: 64, reserved: 52, shared: 38, share: 2 };
  expect(descriptorProblems(budget, 37)).toEqual([]);
  expect(descriptorProblems(budget, 38)[0]?.text).toStartWith("38 or more of 64 file descriptors are open: ");
  expect(descriptorProblems(budget, Number.POSITIVE_INFINITY)[0]?.text).toStartWith(
    "All of 64 file descriptors are ",
  );
});
