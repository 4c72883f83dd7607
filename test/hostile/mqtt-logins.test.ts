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

const attackers = 800;

test("hundreds of wrong logins at once are refused, and a healthy client is served in between", async () => {
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

  let most = 0;
  let rounds = 0;
  while (refused < attackers) {
    const before = refused;
    healthy.write(publish("t", "x"));
    expect(await healthy.bytes(6)).toEqual(publish("t", "x"));
    most = Math.max(most, refused - before);
    rounds++;
  }
  await over;
  expect(rounds).toBeGreaterThan(10);
  // The passwords are not checked all at once, with nobody else served meanwhile.
  expect(most).toBeLessThan(attackers / 4);

  // A correct password is not queued behind other clients' wrong ones.
  const late = await RawClient.connect(port);
  late.write(login("late", "budi", "rahasia"));
  expect(await late.bytes(4)).toEqual(connack);
  expect(lab.rss() - memory).toBeLessThan(100 * 1024 * 1024);
  expect(lab.complaints()).toEqual([]);
});
