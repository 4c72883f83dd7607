import { expect, onTestFinished } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mqtt } from "../../src/roles/mqtt/index.ts";
import { freePort } from "../support/free-port.ts";
import { type Need, needs, testWith } from "../support/needs.ts";
import { Program } from "../support/program.ts";
import { RawClient } from "../support/raw-client.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";

// Debian installs it outside the users' PATH.
const broker = Bun.which("mosquitto") ?? Bun.which("mosquitto", { PATH: "/usr/sbin:/usr/local/sbin" });
const mosquitto: Need = {
  name: "mosquitto",
  install: "apt-get install mosquitto",
  isThere: () => broker !== null,
};

const listens = (port: number) =>
  RawClient.connect(port).then(
    (client) => {
      client.reset();
      return true;
    },
    () => false,
  );

async function startMosquitto(): Promise<number> {
  const port = freePort();
  const folder = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const file = join(folder, "mosquitto.conf");
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\n`);
  const program = new Program([broker ?? "mosquitto", "-c", file]);
  onTestFinished(async () => {
    await program.kill();
    rmSync(folder, { recursive: true });
  });
  await until(() => listens(port));
  return port;
}

/** A broker's $SYS topics with their values, numbers replaced by N. */
async function sysTopics(port: number): Promise<Map<string, string>> {
  const command = ["mosquitto_sub", "-h", "127.0.0.1", "-p", String(port), "-t", "$SYS/#", "-F", "%t|%p"];
  const program = new Program(command);
  onTestFinished(() => program.kill());
  // The last topic that mosquitto publishes.
  await program.prints("clients/maximum|1");
  const lines = program.stdout.split("\n").filter((line) => line.includes("|"));
  return new Map(
    lines.map((line) => {
      const [topic = "", value = ""] = line.split("|");
      return [topic, value.replace(/\d+/g, "N")];
    }),
  );
}

testWith(needs.mosquitto, mosquitto)(
  "the broker publishes mosquitto's $SYS topics, by the same names and in the same format",
  async () => {
    const { port } = await startRole(mqtt, { sysInterval: "1s" });
    const [theirs, ours] = await Promise.all([startMosquitto().then(sysTopics), sysTopics(port)]);
    expect(theirs.size).toBeGreaterThan(50);
    const version = "$SYS/broker/version";
    expect(theirs.get(version)).toStartWith("mosquitto version ");
    expect(ours.get(version)).toStartWith("distsrv");
    theirs.delete(version);
    for (const [topic, shape] of theirs) expect([topic, ours.get(topic)]).toEqual([topic, shape]);
    const more = [...ours.keys()].filter((topic) => !theirs.has(topic) && topic !== version);
    // The second is in mosquitto's manual, but not published by mosquitto 2.0.
    expect(more).toEqual(["$SYS/broker/store/persistence", "$SYS/broker/messages/inflight"]);
  },
);
