import { expect, test } from "bun:test";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  oneway: { port: 0 }
`);

testWith(needs.python)("a one-way client in Python gets no answer, and its message is logged", async () => {
  const printed = await output(pythonClient("oneway_client", "127.0.0.1", lab.port("oneway"), "satu arah"));
  expect(printed).toBe("Received: b''\n");
  await lab.untilLogged("oneway", "Received from client: satu arah");
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
