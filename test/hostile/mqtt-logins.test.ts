import { expect, test } from "bun:test";
import { startLab } from "../support/lab.ts";
import { connack, packet, publish, subscribe } from "../support/mqtt-packets.ts";
import { RawClient } from "../support/raw-client.ts";

const lab = await startLab(`
services:
  mqtt: { port: 0, users: [{ name: budi, password: rahasia }] }
`);

const login = (clientId: string, name: string, password: string) =>
  packet(0x10, "MQTT", [4, 0xc2, 0, 60], clientId, name, password);

const attackers = 2000;

test("2,000 wrong logins at once are refused, and barely delay a healthy client", async () => {
  const port = lab.port("mqtt");
  const healthy = await RawClient.connect(port);
  healthy.write(Buffer.concat([login("healthy", "budi", "rahasia"), subscribe("t")]));
  expect(await healthy.bytes(9)).toEqual(Buffer.concat([connack, Buffer.from([0x90, 3, 0, 1, 0])]));
  const memory = lab.rss();

  const wrong = await Promise.all(Array.from({ length: attackers }, () => RawClient.connect(port)));
  let refused = 0;
  const over = Promise.all(
    wrong.map(async (client, i) => {
      client.write(login(`wrong${i}`, i % 2 === 0 ? "budi" : `nobody${i}`, `guess ${i}`));
      expect(await client.bytes(4)).toEqual(Buffer.from([0x20, 2, 0, 4]));
      refused++;
    }),
  );

  let worst = 0;
  let rounds = 0;
  while (refused < attackers) {
    const start = performance.now();
    healthy.write(publish("t", "x"));
    expect(await healthy.bytes(6)).toEqual(publish("t", "x"));
    worst = Math.max(worst, performance.now() - start);
    rounds++;
  }
  await over;
  expect(rounds).toBeGreaterThan(10);
  expect(worst).toBeLessThan(1000);

  // A correct password is not queued behind other clients' wrong ones.
  const late = await RawClient.connect(port);
  late.write(login("late", "budi", "rahasia"));
  expect(await late.bytes(4)).toEqual(connack);
  expect(lab.rss() - memory).toBeLessThan(100 * 1024 * 1024);
  expect(lab.complaints()).toEqual([]);
});
