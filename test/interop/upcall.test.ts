import { expect, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, typedInto } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  upcall: { port: 0 }
  unasked: { role: upcall, port: 0, events: { every: 50ms, text: "Acara {count}" } }
`);
const testPython = testWith(needs.python);

testPython("an upcall client in Python prints what it printed with the original server", async () => {
  const [original] = golden("upcall_client").clients;
  const command = pythonClient("upcall_client", "127.0.0.1", lab.port("upcall"));
  expect(await typedInto(command, original?.stdin ?? [])).toBe(original?.stdout ?? "");
});

testPython("a client that sends nothing receives unsolicited events", async () => {
  const printed = await output(pythonClient("event_client", "127.0.0.1", lab.port("unasked"), 3));
  const events = [...printed.matchAll(/^Event: Acara (\d+)$/gm)].map(([, count]) => Number(count));
  const [first = Number.NaN] = events;
  expect(events).toEqual([first, first + 1, first + 2]);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
