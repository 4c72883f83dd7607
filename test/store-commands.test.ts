import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { distsrv } from "./support/own-programs.ts";
import { run } from "./support/program.ts";
import { scratchFolder } from "./support/scratch.ts";

const store = (...args: string[]) => run([...distsrv, "store", ...args]);

const exported = [
  { type: "store", version: 1 },
  { type: "message", id: 1, topic: "kelas/1", qos: 1, retain: false, payload: "aGFsbw==" },
  {
    type: "session",
    ...{
      clientId: "ani",
      expiry: "forever",
      awaySince: "2026-11-27T10:00:00.000Z",
      awaitingPubcomp: [],
      incoming: [],
    },
    subscriptions: [{ filter: "kelas/#", qos: 1, noLocal: false, retainAsPublished: false, identifier: 0 }],
    deliveries: [{ number: 1, message: 1, qos: 1, retain: false }],
  },
  { type: "retained", topic: "suhu", qos: 0, retain: true, payload: "Mjg=" },
];

test("distsrv store imports, counts, lists, exports and checks", async () => {
  const folder = scratchFolder("store");
  const lines = join(folder, "lines.jsonl");
  const data = join(folder, "data");
  writeFileSync(lines, exported.map((one) => JSON.stringify(one)).join("\n"));

  const imported = await store("import", data, lines);
  expect([imported.status, imported.stdout, imported.stderr]).toEqual([
    0,
    `Imported 1 session, 1 message, 1 retained message and 0 wills into ${data}\n`,
    "",
  ]);
  expect(JSON.parse((await store("info", data, "--json")).stdout)).toMatchObject({
    ...{
      directory: data,
      sessions: 1,
      subscriptions: 1,
      queuedMessages: 1,
      inFlightMessages: 0,
      retainedMessages: 1,
    },
  });
  expect((await store("info", data)).stdout).toMatch(/^queuedMessages: +1$/m);
  expect((await store("dump", data)).stdout).toMatch(
    /^session "ani", away for \d+ s, lasts for ever, 1 subscriptions, 1 queued, 0 in flight, 4 bytes\nretained "suhu": 2 bytes\n$/,
  );
  const { stdout } = await store("export", data);
  const again = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(again.slice(1)).toEqual([...exported.slice(1), { type: "end", lines: exported.length }]);
  const verified = await store("verify", data);
  expect([verified.status, verified.stderr]).toEqual([0, ""]);
  expect(verified.stdout).toStartWith(`${data} is whole: 1 segments`);

  const twice = await store("import", data, lines);
  expect([twice.status, twice.stderr]).toEqual([
    1,
    `Cannot import ${lines} into ${data}: ${data} holds a store already: import into a new directory\n`,
  ]);
  const nothing = await store("verify", join(folder, "nothing"));
  expect([nothing.status, nothing.stdout]).toEqual([1, ""]);
  expect(nothing.stderr).toContain(`${folder}/nothing is not there`);
});

test("a backup of any size is whole, through a pipe that is read slowly and into a file", async () => {
  const folder = scratchFolder("store");
  const payload = "x".repeat(40_000);
  const lines = Array.from({ length: 400 }, (_, index) =>
    JSON.stringify({
      type: "retained",
      topic: `t/${index}`,
      qos: 0,
      retain: true,
      payload: btoa(`${index} ${payload}`),
    }),
  );
  const file = join(folder, "lines.jsonl");
  writeFileSync(file, [JSON.stringify({ type: "store", version: 1 }), ...lines].join("\n"));
  const data = join(folder, "data");
  expect((await store("import", data, file)).status).toBe(0);
  const backup = join(folder, "backup.jsonl");
  const command = `${distsrv.map((part) => `'${part}'`).join(" ")} store export '${data}'`;
  const slow = await run([
    "sh",
    "-c",
    `${command} | (sleep 0.3; cat) > '${backup}' && ${command} > '${backup}.2'`,
  ]);
  expect([slow.status, slow.stderr]).toEqual([0, ""]);
  for (const name of [backup, `${backup}.2`]) {
    const found = readFileSync(name, "utf8").trim().split("\n");
    expect(found.slice(1, -1)).toEqual(lines);
  }
});
