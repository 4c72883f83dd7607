import { expect, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { attack, attackMany, pump } from "../support/attacker.ts";
import { expectHealthy } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import {
  connack,
  connect,
  packet,
  publish,
  remainingLength,
  subscribe,
  text,
} from "../support/mqtt-packets.ts";
import { Random } from "../support/random.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
`);
test("every service is healthy before the attacks", () => expectHealthy(lab));

const bytes = (...values: number[]) => Buffer.from(values);

/** Invalid first packets: the server closes the connection, at most after a CONNACK that refuses. */
const badFirst: Readonly<Record<string, Buffer>> = {
  "a packet other than CONNECT": bytes(0xc0, 0),
  "a PUBLISH": publish("a", "b"),
  "a packet of the reserved type 0": bytes(0x00, 0),
  "a packet of the reserved type 15 that is no AUTH": bytes(0xf0, 0),
  "CONNECT with flags": bytes(0x11, 12, ...connect("").subarray(2)),
  "a length of five bytes": bytes(0x10, 0xff, 0xff, 0xff, 0xff, 0x01),
  "a CONNECT of 256 MB, announced": bytes(0x10, 0xff, 0xff, 0xff, 0x7f),
  "another protocol's name": packet(0x10, "HTTP", [4, 2, 0, 60], ""),
  "a protocol level that does not exist": packet(0x10, "MQTT", [99, 2, 0, 60], ""),
  "the reserved flag of CONNECT": packet(0x10, "MQTT", [4, 3, 0, 60], ""),
  "a will of QoS 3": packet(0x10, "MQTT", [4, 0x1e, 0, 60], "", "t", "m"),
  "a password without a user name": packet(0x10, "MQTT", [4, 0x42, 0, 60], "", "p"),
  "a client id that is no UTF-8": packet(0x10, "MQTT", [4, 2, 0, 60], [0, 2, 0xc3, 0x28]),
  "a CONNECT that ends in its middle": packet(0x10, "MQTT", [4, 2, 0, 60], [0, 10, 65]),
  "a CONNECT with bytes behind its end": packet(0x10, "MQTT", [4, 2, 0, 60], "", [1, 2, 3]),
};

/** Invalid packets of a connected client: the server closes the connection. */
const badLater: Readonly<Record<string, Buffer>> = {
  "a second CONNECT": connect("again"),
  "a CONNACK": connack,
  "a PINGRESP": bytes(0xd0, 0),
  "a PUBLISH to a wildcard": publish("a/#", "b"),
  "a PUBLISH to no topic": publish("", "b"),
  "a PUBLISH to a topic with a NUL": publish("a\0b", "c"),
  "a PUBLISH to a topic that is no UTF-8": packet(0x30, [0, 2, 0xc3, 0x28]),
  "a PUBLISH to a topic with half a surrogate pair": packet(0x30, [0, 3, 0xed, 0xa0, 0x80]),
  "a PUBLISH of QoS 3": packet(0x36, "a", [0, 1]),
  "a PUBLISH of QoS 1 with the id 0": packet(0x32, "a", [0, 0]),
  "a PUBLISH that ends in its topic": packet(0x30, [0, 200, 65]),
  "a SUBSCRIBE with the wrong flags": packet(0x80, [0, 1], "a", [0]),
  "a SUBSCRIBE to nothing": packet(0x82, [0, 1]),
  "a SUBSCRIBE with the id 0": packet(0x82, [0, 0], "a", [0]),
  "a SUBSCRIBE of QoS 3": subscribe("a", 3),
  "a SUBSCRIBE to a/#/b": subscribe("a/#/b"),
  "a SUBSCRIBE to a+": subscribe("a+"),
  "a SUBSCRIBE to an empty filter": subscribe(""),
  "an UNSUBSCRIBE from nothing": packet(0xa2, [0, 1]),
  "an UNSUBSCRIBE with the wrong flags": packet(0xa0, [0, 1], "a"),
  "a PUBREL with the wrong flags": bytes(0x60, 2, 0, 1),
  "a PINGREQ with a body": bytes(0xc0, 1, 0),
  "a DISCONNECT with flags": bytes(0xe1, 0),
  "a packet of 200 MB, announced": bytes(0x30, 0x80, 0x80, 0xe0, 0x5f),
};

test.each(Object.entries(badFirst))("a connection that begins with %s is closed", async (_, packet) => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const attacker = await attack(lab.port("mqtt"));
  attacker.socket.write(packet);
  await until(() => attacker.closed);
  // A refusal or nothing, never a CONNACK with success.
  expect(attacker.head.equals(connack)).toBe(false);
  await monitor.expectSurvived();
});

test.each(Object.entries(badLater))("a client that sends %s is disconnected", async (_, packet) => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const attacker = await attack(lab.port("mqtt"));
  attacker.socket.write(connect("bad"));
  await until(() => attacker.head.equals(connack));
  attacker.socket.write(packet);
  await until(() => attacker.closed);
  await monitor.expectSurvived();
});

/** Packets of very many parts of a few bytes each, and the CONNECT before them. */
const manyParts: Readonly<Record<string, { readonly connect: Buffer; readonly packet: Buffer }>> = {
  "a SUBSCRIBE with four million filters": {
    connect: connect("many"),
    packet: packet(0x82, [0, 1], Buffer.alloc(16_000_000, bytes(0, 1, 0x61, 0))),
  },
  "an UNSUBSCRIBE with five million filters": {
    connect: connect("many"),
    packet: packet(0xa2, [0, 1], Buffer.alloc(15_000_000, bytes(0, 1, 0x61))),
  },
  "a PUBLISH with three million user properties": {
    connect: packet(0x10, "MQTT", [5, 2, 0, 60, 0], "many"),
    packet: packet(0x30, "a", remainingLength(15_000_000), Buffer.alloc(15_000_000, bytes(0x26, 0, 0, 0, 0))),
  },
};

test.each(Object.entries(manyParts))("a client that sends %s is disconnected", async (_, attempt) => {
  const monitor = new AttackMonitor(lab, ...lab.services);
  const attacker = await attack(lab.port("mqtt"));
  attacker.socket.write(attempt.connect);
  await until(() => attacker.received > 0);
  expect([attacker.head[0], attacker.head[3]]).toEqual([0x20, 0]);
  await pump(attacker, attempt.packet, attempt.packet.length, () => false);
  await until(() => attacker.closed);
  await monitor.expectSurvived();
});

/** A valid packet with a few bits flipped, and perhaps truncated. */
function mutant(random: Random): Buffer {
  const good = [
    connect("mutant"),
    subscribe("mutants/#", 1),
    publish("mutants/a", "payload"),
    packet(0x32, "mutants/b", [0, 7], [1, 2, 3]),
    packet(0x10, "MQTT", [5, 2, 0, 60, 5, 0x11, 0, 0, 0, 9], text("five")),
    bytes(0x40, 2, 0, 7),
    bytes(0x62, 2, 0, 7),
  ];
  const made = Buffer.from(random.pick(good));
  for (let turns = 1 + random.below(4); turns > 0; turns--) {
    const at = random.below(made.length);
    made[at] = (made[at] ?? 0) ^ (1 << random.below(8));
  }
  return made.subarray(0, random.below(4) === 0 ? random.below(made.length) : made.length);
}

test("a healthy client loses nothing to three thousand mutated packets", async () => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const healthy = await RawClient.connect(lab.port("mqtt"));
  healthy.write(Buffer.concat([connect("healthy"), subscribe("healthy/numbers")]));
  await healthy.bytes(4 + 5);
  const random = new Random(3_1415_9265);
  let expected = Buffer.alloc(0);
  for (let wave = 0; wave < 30; wave++) {
    for (const { socket } of await attackMany(lab.port("mqtt"), 50)) {
      if (random.below(4) > 0) socket.write(connect(`mutant-${wave}`));
      socket.write(Buffer.concat([mutant(random), mutant(random)]));
      if (random.below(3) === 0) socket.terminate();
    }
    const number = publish("healthy/numbers", `${wave}`);
    healthy.write(number);
    expected = Buffer.concat([expected, number]);
  }
  expect((await healthy.bytes(expected.length)).equals(expected)).toBe(true);
  await monitor.expectSurvived();
});

test("endless subscriptions, retained messages and topic levels are limited", async () => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const attacker = await attack(lab.port("mqtt"));
  attacker.socket.write(connect("endless"));
  await until(() => attacker.head.equals(connack));
  const many = Buffer.concat(Array.from({ length: 20_000 }, (_, i) => subscribe(`endless/${i}`)));
  await pump(attacker, many, many.length);
  const deep = publish(`deep${"/x".repeat(30_000)}`, "", 0x31);
  await pump(attacker, deep, deep.length);
  await monitor.expectSurvived();
});

testDescriptorsAreBack(lab);
