import { expect, test } from "bun:test";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { connack, packet } from "../../../support/mqtt-packets.ts";
import { RawClient } from "../../../support/raw-client.ts";
import { startRole } from "../../../support/start-role.ts";

const login = (name: string, password: string) =>
  packet(0x10, "MQTT", [4, 0xc2, 0, 60], name, name, password);

async function connect(port: number, name: string, password: string) {
  const client = await RawClient.connect(port);
  client.write(login(name, password));
  return { client, answer: await client.bytes(4) };
}

const refusal = Buffer.from([0x20, 2, 0, 4]);

test("a service reloads its users while it runs, and disconnects removed ones", async () => {
  const [budi, ani] = ["budi", "ani"].map((name) => ({ name, password: `${name}'s` }));
  const settings = { users: [budi, ani], sysInterval: 0 };
  const { port, service } = await startRole(mqtt, settings);
  const kept = await connect(port, "budi", "budi's");
  const removed = await connect(port, "ani", "ani's");
  expect([kept.answer, removed.answer]).toEqual([connack, connack]);

  const next = mqtt.config.parse({ host: "127.0.0.1", port: 0, ...settings, users: [budi] });
  expect(await service.reload?.(next)).toBe(true);
  await removed.client.ended;
  expect((await connect(port, "ani", "ani's")).answer).toEqual(refusal);
  kept.client.write(Buffer.from([0xc0, 0]));
  expect(await kept.client.bytes(2)).toEqual(Buffer.from([0xd0, 0]));
});

test("a service that is stopped while it checks a password stops at once", async () => {
  const { port, service } = await startRole(mqtt, { users: [{ name: "budi", password: "x" }] });
  const client = await RawClient.connect(port);
  client.write(login("budi", "y"));
  await service.stop(AbortSignal.abort());
  await client.closed;
  expect(client.received.length).toBeLessThanOrEqual(4);
});
