import { expect, onTestFinished, test } from "bun:test";
import { connectAsync, type IClientOptions } from "mqtt";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { status } from "../../../src/cli/commands/status.ts";
import { startLab } from "../../support/lab.ts";
import { until } from "../../support/until.ts";
import { runCli } from "../support/run-cli.ts";

const viewer = "view-0123456789abcdef";

const lab = await startLab(`
admin: { port: 0, token: 0123456789abcdef, users: [{ name: siti, token: ${viewer} }] }
services:
  mqtt: { port: 0, publish: [] }
  echo: { port: 0 }
`);

/** `distcli mqtt ...`, with the token of admin.token. */
const run = (args: readonly string[], token = "0123456789abcdef") =>
  runCli(mqtt, ["mqtt", ...args, "-p", String(lab.adminPort)], { env: { DISTSRV_TOKEN: token } });

async function connect(clientId: string, options: IClientOptions = {}) {
  const client = await connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, {
    ...{ clientId, reconnectPeriod: 0, protocolVersion: 5 as const, ...options },
  });
  client.on("error", () => {});
  onTestFinished(() => void client.end(true));
  return client;
}

const keeping: IClientOptions = { clean: false, properties: { sessionExpiryInterval: 600 } };

test("mqtt sessions lists who is connected, and who is away with what waits for it", async () => {
  const here = await connect("here", { username: "ani" });
  await here.subscribeAsync(["a", "b"]);
  const away = await connect("away", { ...keeping, username: "budi" });
  await away.subscribeAsync("t", { qos: 1 });
  await away.endAsync();
  await here.publishAsync("t", "x", { qos: 1 });
  const { exit, stdout, stderr } = await run(["sessions"]);
  expect([exit, stderr]).toEqual([0, "1 connected, 1 away\n"]);
  expect(stdout).toMatch(/^CLIENT +USER +ADDRESS +MQTT +SINCE +QUEUED +FILTERS +LOST\n/);
  expect(stdout).toMatch(/\nhere +ani +127\.0\.0\.1:\d+ +5\.0 +\S+ \S+ +0 +2 +0\n/);
  expect(stdout).toMatch(/\naway +budi +away +- +\S+ \S+ +1 +1 +0\n/);
  const lines = (await run(["sessions", "--json", "--search", "BUDI"])).stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { clientId: "away", connected: false, username: "budi", queued: 1, awayAt: expect.any(Number) },
  ]);
  expect((await run(["kick", "away", "--drop-session"])).stdout).toBe(
    "away was away; its session is deleted\n",
  );
  expect((await run(["sessions", "--search", "away"])).stderr).toBe("0 connected, 0 away\n");
});

test("mqtt kick disconnects a client, whose session waits for it, or is deleted", async () => {
  const one = await connect("one", keeping);
  await one.subscribeAsync("t");
  const kicked = await run(["kick", "one"]);
  expect([kicked.exit, kicked.stdout]).toEqual([0, "one is disconnected\n"]);
  await until(() => !one.connected);
  const again = await run(["kick", "one"]);
  expect(again.exit).toBe(1);
  expect(again.stderr).toContain('"one" is not connected; with dropSession its session is deleted');
  await connect("one", keeping);
  const dropped = await run(["kick", "one", "--drop-session", "--json"]);
  expect(JSON.parse(dropped.stdout)).toEqual({ client: "one", disconnected: true, sessionDeleted: true });
  expect((await run(["kick", "one"])).stderr).toContain(
    'no client with the identifier "one" has a session here',
  );
});

test("mqtt retained lists what is retained, and deletes what a filter matches", async () => {
  const client = await connect("publisher");
  for (const topic of ["kelas/a", "kelas/b", "rumah"])
    await client.publishAsync(topic, `value of ${topic}`, { retain: true, qos: 1 });
  const all = await run(["retained"]);
  expect(all.stdout).toMatch(/^TOPIC +QOS +BYTES +EXPIRES +PAYLOAD\n/);
  expect(all.stdout).toMatch(/\nkelas\/a +1 +16 +- +value of kelas\/a\n/);
  const wholesale = await run(["retained", "--delete"]);
  expect([wholesale.exit, wholesale.stderr]).toEqual([2, expect.stringContaining("Say which ones")]);
  expect((await run(["retained", "kelas/#", "--delete"])).stdout).toBe("2 retained messages are deleted\n");
  const lines = (await run(["retained", "#", "--json"])).stdout.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).topic)).toEqual(["rumah"]);
  expect((await run(["retained", "rumah", "--delete"])).stdout).toBe("1 retained message is deleted\n");
  expect((await run(["retained"])).stderr).toBe("Nothing is retained there\n");
  expect((await run(["retained", "a/#/b"])).stderr).toContain("filter must be a topic filter");
});

test("who may only look is told so, and by status who one is", async () => {
  await connect("two");
  expect((await run(["sessions"], viewer)).exit).toBe(0);
  for (const args of [
    ["kick", "two"],
    ["retained", "#", "--delete"],
  ]) {
    const { exit, stderr } = await run(args, viewer);
    expect([exit, stderr]).toEqual([
      1,
      expect.stringContaining("it takes the role operate, and siti has view"),
    ]);
  }
  const { stderr } = await runCli(status, ["status", "-p", String(lab.adminPort), "--token", viewer]);
  expect(stderr).toContain("You are siti here, with the role view");
});

test("a broker that is not there is named with those that are", async () => {
  expect((await run(["sessions", "--service", "echo"])).stderr).toContain(
    'There is no broker "echo" here; there is mqtt',
  );
  expect((await run(["sessions", "--service", "mqtt"])).exit).toBe(0);
});
