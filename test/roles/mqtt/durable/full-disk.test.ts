import { expect, onTestFinished } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { connect, type MqttClient } from "mqtt";
import { startLab } from "../../../support/lab.ts";
import { needs, testWith } from "../../../support/needs.ts";
import { distsrv } from "../../../support/own-programs.ts";
import { scratchFolder } from "../../../support/scratch.ts";
import { until } from "../../../support/until.ts";

/** A disk of 6 MB that only the server sees, with segments of 1 MB. */
async function labOnSmallDisk() {
  const folder = scratchFolder("full");
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const yaml = `
admin: { port: 0 }
services:
  mqtt:
    port: 0
    sysInterval: 0
    maxQueuedBytes: 64MiB
    persistence: { directory: ${disk}/data, segmentSize: 1MiB }
`;
  const mounted = `mount -t tmpfs -o size=6m tmpfs ${disk} && exec "$@"`;
  const program = ["unshare", "--mount", "sh", "-c", mounted, "sh", ...distsrv];
  return startLab(yaml, { program, cleanUp: onTestFinished });
}

interface Received {
  readonly client: MqttClient;
  readonly messages: string[];
}

async function open(
  port: number,
  clientId: string,
  protocolVersion: 4 | 5,
  clean = false,
): Promise<Received> {
  const properties = protocolVersion === 5 && !clean ? { properties: { sessionExpiryInterval: 3600 } } : {};
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    clientId,
    protocolVersion,
    clean,
    reconnectPeriod: 100,
    ...properties,
  });
  const messages: string[] = [];
  client.on("message", (_, payload) => messages.push(payload.toString().slice(0, 10).trim()));
  client.on("error", () => {});
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  onTestFinished(() => void client.end(true));
  return { client, messages };
}

const text = (number: number) => `${number}`.padEnd(10) + "x".repeat(40_000);

testWith(needs.ownMounts)(
  "a full disk refuses messages, delivers on, and takes them again when there is room",
  async () => {
    const lab = await labOnSmallDisk();
    const port = lab.port("mqtt");
    const ready = async () =>
      (await fetch(`http://127.0.0.1:${lab.adminPort}/readyz`)).json() as Promise<{
        ready: boolean;
        reasons: Record<string, string>;
      }>;
    const sleeper = await open(port, "sleeper", 5);
    await sleeper.client.subscribeAsync("t", { qos: 1 });
    await sleeper.client.endAsync();

    const publisher = await open(port, "publisher", 5, true);
    const taken: number[] = [];
    let refused = 0;
    for (let number = 0; refused < 3; number++) {
      try {
        await publisher.client.publishAsync("t", text(number), { qos: 1 });
        taken.push(number);
      } catch (error) {
        expect(Object(error).code).toBe(0x97);
        refused++;
      }
    }
    expect(taken.length).toBeGreaterThan(30);
    await lab.untilLogged("mqtt", "The disk is full");
    expect(await ready()).toMatchObject({
      ready: false,
      reasons: { mqtt: expect.stringContaining("The disk is full") },
    });

    // Before MQTT 5 there is no word for a refusal: the message stays with its client until it is taken.
    const old = await open(port, "old", 4);
    let isTaken = false;
    const late = old.client.publishAsync("t", text(-1), { qos: 1 }).then(() => (isTaken = true));
    await publisher.client.publishAsync("u", "at QoS 0 nothing is kept", { qos: 0 });
    expect(isTaken).toBe(false);

    const awake = await open(port, "sleeper", 5);
    await until(() => awake.messages.length >= taken.length);
    expect(awake.messages.slice(0, taken.length)).toEqual(taken.map(String));
    await lab.untilLogged("mqtt", "The disk has room again");
    await late;
    await until(() => awake.messages.includes("-1"));
    await until(async () => (await ready()).ready);
    await publisher.client.publishAsync("t", text(-2), { qos: 1 });
    await until(() => awake.messages.includes("-2"));
  },
);
