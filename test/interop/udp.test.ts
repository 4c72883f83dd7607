import { expect, test } from "bun:test";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  udp: { port: 0 }
  udp6: { role: udp, port: 0, host: "::1" }
`);
const testPython = testWith(needs.python);

testPython("a UDP client in Python gets a reply with its own address", async () => {
  const server = lab.port("udp");
  const printed = await output(pythonClient("udp_client", "127.0.0.1", server, "halo", "é ä", ""));
  const port = /^Port (\d+)/.exec(printed)?.[1];
  const line = (text: string) =>
    `Port ${port} received from port ${server}: Hello, ('127.0.0.1', ${port}). You said: ${text}\n`;
  expect(printed).toBe(line("halo") + line("é ä") + line(""));
});

testPython("a UDP client over IPv6 gets a reply, too", async () => {
  const printed = await output(pythonClient("udp_client", "::1", lab.port("udp6"), "halo"));
  expect(printed).toMatch(/Hello, \('::1', \d+\)\. You said: halo\n$/);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
