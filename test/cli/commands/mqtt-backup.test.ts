import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { startLab } from "../../support/lab.ts";
import { distsrv } from "../../support/own-programs.ts";
import { run as runProgram } from "../../support/program.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";

const folder = scratchFolder("backup");
const token = "0123456789abcdef";
const operator = "operate-0123456789abcdef";

const lab = await startLab(`
admin: { port: 0, token: ${token}, users: [{ name: siti, role: operate, token: ${operator} }] }
services:
  mqtt: { port: 0, publish: [], persistence: { directory: ${join(folder, "data")} } }
`);

const backup = (args: readonly string[] = [], as = token) =>
  runCli(mqtt, ["mqtt", "backup", ...args, "-p", String(lab.adminPort)], { env: { DISTSRV_TOKEN: as } });

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const client = await connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, { reconnectPeriod: 0 });
await client.publishAsync("suhu", "28", { qos: 1, retain: true });
await client.endAsync();

test("all that a running broker keeps comes out, and goes into a new directory", async () => {
  const { exit, stdout, stderr } = await backup();
  expect([exit, stderr]).toEqual([0, ""]);
  expect(linesOf(stdout).map(({ type }) => type)).toEqual(["store", "retained", "end"]);

  const file = join(folder, "backup.jsonl");
  expect((await backup(["-o", file])).stdout).toMatch(/^\d+ B in \S+\/backup\.jsonl\n$/);
  expect(linesOf(readFileSync(file, "utf8"))[1]).toMatchObject({ type: "retained", topic: "suhu" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const moved = await runProgram([...distsrv, "store", "import", join(folder, "moved"), file]);
  expect([moved.status, moved.stdout]).toEqual([
    0,
    `Imported 0 sessions, 0 messages, 1 retained message and 0 wills into ${join(folder, "moved")}\n`,
  ]);
});

test("a copy that may not be had, or breaks, leaves the file as it was", async () => {
  const file = join(folder, "kept.jsonl");
  writeFileSync(file, "before");
  const refused = await backup(["-o", file], operator);
  expect([refused.exit, refused.stdout]).toEqual([1, ""]);
  expect(refused.stderr).toContain("it takes the role admin, and siti has operate");

  // A server that ends before the end of the copy.
  using short = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      url.endsWith("/backup")
        ? new Response('{"type":"store","version":2}\n', { headers: { "content-type": "application/jsonl" } })
        : fetch(`http://127.0.0.1:${lab.adminPort}${new URL(url).pathname}`, {
            headers: { authorization: `Bearer ${token}` },
          }),
  });
  const args = ["mqtt", "backup", "-o", file, "-p", String(short.port)];
  const cut = await runCli(mqtt, args);
  expect(cut.exit).toBe(1);
  expect(cut.stderr).toContain("was cut short after 29 bytes");
  expect(readFileSync(file, "utf8")).toBe("before");
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);

  const nowhere = join(folder, "nowhere", "backup.jsonl");
  const unwritten = await backup(["-o", nowhere]);
  expect(unwritten.exit).toBe(2);
  expect(unwritten.stderr).toContain(`Cannot write ${nowhere}`);
  expect(existsSync(nowhere)).toBe(false);
});
