import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { brokerAt, brokerName } from "../../../src/cli/mqtt/broker-address.ts";
import { mqtt as broker } from "../../../src/roles/mqtt/index.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { runCli, startCli } from "../support/run-cli.ts";

const testTls = testWith(openssl);

test.each([
  ["lab", { protocol: "mqtt", host: "lab", port: 1883 }],
  ["::1", { protocol: "mqtt", host: "::1", port: 1883 }],
  ["mqtt://lab:2000", { protocol: "mqtt", host: "lab", port: 2000 }],
  ["mqtts://lab", { protocol: "mqtts", host: "lab", port: 8883 }],
  ["ws://lab:8083", { protocol: "ws", host: "lab", port: 8083, path: "/mqtt" }],
  ["ws://[::1]:8083/", { protocol: "ws", host: "::1", port: 8083, path: "/" }],
  ["unix:///run/mqtt.sock", { protocol: "unix", host: "/run/mqtt.sock", path: "/run/mqtt.sock" }],
  ["wss://lab/a/b", { protocol: "wss", host: "lab", port: 443, path: "/a/b" }],
])("%s is understood", (name, expected) => {
  expect(brokerAt(brokerName(name), {})).toEqual(expect.objectContaining(expected) as never);
});

test.each([
  "http://lab",
  "mqtt://",
  "ws://lab:0",
  "ws://lab:70000",
  "mqtt://lab/path",
  "mqtt://a@lab",
  "ws://a b",
  "unix://",
  "unix://mqtt.sock",
])("%s is no broker", (name) => {
  expect(() => brokerName(name)).toThrow("A broker's URL is mqtt://HOST[:PORT]");
});

test("-p holds over the URL's port", () => {
  expect(brokerAt("ws://lab:8083/x", { port: 9 })).toMatchObject({ port: 9, path: "/x" });
});

test("pub and sub speak MQTT over WebSocket", async () => {
  const { port } = await startRole(broker, { transport: "ws" });
  const sub = startCli(mqtt, ["mqtt", "sub", `ws://127.0.0.1:${port}/mqtt`, "-t", "t", "-C", "1"]);
  await until(() => sub.stderr.includes("Subscribed to"));
  const pub = await runCli(mqtt, [
    "mqtt",
    "pub",
    "-h",
    `ws://127.0.0.1:${port}`,
    "-t",
    "t",
    "-m",
    "halo",
    "-q",
    "1",
  ]);
  expect(pub).toMatchObject({ exit: 0, stdout: "Published: halo\n" });
  expect(await sub.exit).toBe(0);
  expect(sub.stdout).toBe("Received message: halo (Topic: t)\n");
});

test("a path on which no MQTT is spoken is a failure", async () => {
  const { port } = await startRole(broker, { transport: "ws" });
  const { exit } = await runCli(mqtt, ["mqtt", "pub", `ws://127.0.0.1:${port}/other`, "-t", "t", "-m", "x"]);
  expect(exit).toBe(1);
});

testTls("pub trusts the authority of --cafile only, or anybody with --insecure", async () => {
  const authority = new Authority();
  const { port } = await startRole(broker, { tls: authority.issue() });
  const pub = (...args: string[]) => runCli(mqtt, ["mqtt", "pub", ...args, "-t", "t", "-m", "x"]);
  expect(await pub("127.0.0.1", "-p", `${port}`, "--cafile", authority.cert)).toMatchObject({ exit: 0 });
  expect(await pub(`mqtts://127.0.0.1:${port}`, "--insecure")).toMatchObject({ exit: 0 });
  const stranger = await pub(`mqtts://127.0.0.1:${port}`);
  expect(stranger.exit).toBe(1);
  expect(stranger.stderr).toContain(`The certificate of 127.0.0.1:${port} is not trusted`);
  const other = await pub(`mqtts://127.0.0.1:${port}`, "--cafile", new Authority().cert);
  expect(other.stderr).toContain("is not trusted");
  const missing = await pub("127.0.0.1", "--cafile", "/nowhere/ca.crt");
  expect(missing).toMatchObject({ exit: 2 });
  expect(missing.stderr).toContain("Cannot read --cafile /nowhere/ca.crt");
});

test("pub and sub speak to a broker on a Unix socket, and say why nobody answers there", async () => {
  const path = join(scratchFolder("broker"), "mqtt.sock");
  await startRole(broker, { listeners: [{ path }] });
  const sub = startCli(mqtt, ["mqtt", "sub", `unix://${path}`, "-t", "t", "-C", "1"]);
  await until(() => sub.stderr.includes("Subscribed to"));
  const pub = (url: string) => runCli(mqtt, ["mqtt", "pub", url, "-t", "t", "-m", "halo", "-q", "1"]);
  expect(await pub(`unix://${path}`)).toMatchObject({ exit: 0, stdout: "Published: halo\n" });
  expect(await sub.exit).toBe(0);
  expect(sub.stdout).toBe("Received message: halo (Topic: t)\n");
  const failed = await pub(`unix://${path}x`);
  expect(failed.exit).toBe(1);
  expect(failed.stderr).toContain(`Cannot connect to ${path}x: there is no such file`);
  const file = join(scratchFolder("broker"), "file");
  writeFileSync(file, "");
  expect((await pub(`unix://${file}`)).stderr).toContain(
    `Cannot connect to ${file}: no program listens there`,
  );
});
