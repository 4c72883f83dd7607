import { expect, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, typedInto } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  time: { port: 0, threads: 2, zone: UTC }
`);
const testPython = testWith(needs.python);
const withoutClock = (printed: string) => printed.replace(/\d\d:\d\d:\d\d/g, "hh:mm:ss");

testPython("a TIME client in Python prints what it printed with the original server", async () => {
  const [original] = golden("time_client").clients;
  const command = pythonClient("time_client", "127.0.0.1", lab.port("time"));
  const printed = await typedInto(command, original?.stdin ?? []);
  expect(withoutClock(printed)).toBe(withoutClock(original?.stdout ?? ""));
});

testPython("the printed time is the current time", async () => {
  const clock = (milliseconds: number) => new Date(milliseconds).toISOString().slice(11, 19);
  const before = Date.now();
  const command = pythonClient("time_client", "127.0.0.1", lab.port("time"));
  const printed = await typedInto(command, ["TIME", "QUIT"]);
  const shown = /JAM (\d\d:\d\d:\d\d)/.exec(printed)?.[1] ?? "";
  const seconds = Math.ceil((Date.now() - before) / 1000);
  const possible = Array.from({ length: seconds + 1 }, (_, second) => clock(before + second * 1000));
  expect(possible).toContain(shown);
});

testPython("a hundred simultaneous clients are all served, by both threads of the server", async () => {
  const printed = await output(pythonClient("time_many", "127.0.0.1", lab.port("time"), 100, 20));
  expect(printed).toBe("2000 good replies\n");
  for (const thread of [1, 2]) await lab.untilLogged("time", `Received from client: TIME (thread ${thread})`);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
