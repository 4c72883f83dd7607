import { describe, expect, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { attack, attackMany, pump } from "../support/attacker.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { Random } from "../support/random.ts";
import { until } from "../support/until.ts";
import { greeting, message, readyCommand, ZmtpClient } from "../support/zmtp.ts";

const lab = await startLab(wholeLab);
test("every service is healthy before the attacks", () => expectHealthy(lab));

const services = ["zmq-rep", "zmq-push", "zmq-pub"] as const;
/** The peer's socket type for each service. */
const peerOf = { "zmq-rep": "REQ", "zmq-push": "PULL", "zmq-pub": "SUB" } as const;

function withMechanism(name: string): Buffer {
  const changed = Buffer.from(greeting);
  changed.fill(0, 12, 32);
  changed.write(name, 12, "latin1");
  return changed;
}

/** A frame that declares this length, with a little of its body. */
function longFrame(length: bigint): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt8(2);
  head.writeBigUInt64BE(length, 1);
  return Buffer.concat([head, Buffer.alloc(1000)]);
}

describe.each(services)("%s", (service) => {
  const ready = readyCommand(peerOf[service]);
  const garbage: Readonly<Record<string, Buffer>> = {
    "a greeting of zeros": Buffer.alloc(64),
    "a greeting of ones": Buffer.alloc(64, 0xff),
    "a signature and then noise": Buffer.concat([
      greeting.subarray(0, 10),
      Buffer.from(new Random(7).bytes(500)),
    ]),
    "a version that does not exist": Buffer.concat([greeting.subarray(0, 10), Buffer.alloc(54, 0x7e)]),
    "a mechanism that does not exist": withMechanism("NONSENSE"),
    "a mechanism that it does not support": withMechanism("CURVE"),
    "a READY that ends in its middle": Buffer.concat([
      greeting,
      Buffer.from([4, 200, 5]),
      Buffer.from("READY"),
    ]),
    "a READY with a property beyond its end": Buffer.concat([
      greeting,
      Buffer.from([4, 12, 5, ...Buffer.from("READY"), 1, 65, 0xff, 0xff, 0xff, 0xff]),
    ]),
    "a READY of an incompatible socket type": Buffer.concat([greeting, readyCommand("PAIR")]),
    "a READY of an unknown socket type": Buffer.concat([greeting, readyCommand("NONSENSE")]),
    "a message instead of READY": Buffer.concat([greeting, message("", "Hello")]),
    "a frame of all the memory there is": Buffer.concat([greeting, ready, longFrame(0x7fff_ffff_ffff_ffffn)]),
    "a frame of a negative length": Buffer.concat([greeting, ready, longFrame(0xffff_ffff_ffff_ffffn)]),
    "a frame of 4 GB": Buffer.concat([greeting, ready, longFrame(0x1_0000_0000n)]),
    "reserved flags": Buffer.concat([greeting, ready, Buffer.from([0xf8, 3, 1, 2, 3])]),
    "a command that does not exist": Buffer.concat([greeting, ready, Buffer.from([4, 5, 4, 78, 79, 80, 69])]),
    "a PING without its time to live": Buffer.concat([
      greeting,
      ready,
      Buffer.from([4, 5, 4, 80, 73, 78, 71]),
    ]),
  };

  test.each(Object.entries(garbage))("survives %s", async (_, bytes) => {
    const monitor = new AttackMonitor(lab, service);
    for (const { socket } of await attackMany(lab.port(service), 10)) socket.write(bytes);
    await monitor.expectSurvived();
  });

  test("disconnects a peer that sends more than maxMessageSize", async () => {
    const monitor = new AttackMonitor(lab, service);
    const attacker = await attack(lab.port(service));
    attacker.socket.write(Buffer.concat([greeting, ready]));
    await until(() => attacker.received > greeting.length);
    expect(attacker.closed).toBe(false);
    attacker.socket.write(longFrame(100_000_000n));
    await until(() => attacker.closed);
    await monitor.expectSurvived();
  });

  test("survives random frames after a handshake", async () => {
    const monitor = new AttackMonitor(lab, service);
    const random = new Random(2718);
    const attackers = await attackMany(lab.port(service), 40);
    for (const attacker of attackers) {
      attacker.socket.write(Buffer.concat([greeting, ready]));
      for (let frame = 0; frame < 20; frame++) {
        const body = random.bytes(random.below(200));
        attacker.socket.write(Buffer.concat([Buffer.from([random.below(8), body.length]), body]));
      }
    }
    await until(() => attackers.every(({ closed }) => closed));
    await monitor.expectSurvived();
  });
});

describe.each(services)("the memory of %s", (service) => {
  const handshake = Buffer.concat([greeting, readyCommand(peerOf[service])]);
  const large = Buffer.alloc(1_000_000, 1);

  /** Frames that all say that more of their message follows. */
  const unfinished = (body: Uint8Array) => message(body, "").subarray(0, -2);

  const attacks: Readonly<Record<string, readonly Buffer[]>> = {
    "one message in a million parts": Array.from({ length: 5000 }, () => unfinished(Buffer.alloc(10))),
    "one message in parts of a megabyte": [unfinished(large)],
    "whole messages of a megabyte": [message(large)],
    "requests of a megabyte": [message("", large)],
    "small messages without end": Array.from({ length: 20_000 }, () => message("x")),
    "subscriptions of a megabyte": [message(large)],
    "small subscriptions without end": Array.from({ length: 20_000 }, (_, count) => message(`\x01${count}`)),
    "commands without end": Array.from({ length: 20_000 }, () => Buffer.from([4, 4, 3, 70, 79, 79])),
    "subscriptions by command": Array.from({ length: 20_000 }, (_, count) => {
      const body = Buffer.from(`\x09SUBSCRIBE${count}`);
      return Buffer.concat([Buffer.from([4, body.length]), body]);
    }),
    "heartbeats without end, whose answers nobody reads": Array.from({ length: 20_000 }, () =>
      Buffer.from([4, 23, 4, 80, 73, 78, 71, ...Buffer.alloc(18)]),
    ),
  };

  test.each(Object.entries(attacks))("is not filled by %s", async (_, frames) => {
    const monitor = new AttackMonitor(lab, service);
    const attackers = await attackMany(lab.port(service), 4, { neverReads: true });
    for (const attacker of attackers) attacker.socket.write(handshake);
    const bytes = Buffer.concat([...frames]);
    // Many small frames take their time; the others would fill the memory first.
    const volume = frames.length > 1 ? 5_000_000 : 200_000_000;
    await Promise.all(attackers.map((attacker) => pump(attacker, bytes, volume)));
    await monitor.expectSurvived();
  });

  test("is not filled by a thousand peers that each begin a message", async () => {
    const monitor = new AttackMonitor(lab, service);
    const attackers = await attackMany(lab.port(service), 1000);
    const begun = Buffer.concat([handshake, longFrame(900_000n), Buffer.alloc(500_000)]);
    await Promise.all(attackers.map((attacker) => pump(attacker, begun, begun.length)));
    await monitor.expectSurvived();
  });
});

test("a stream of peers that break off in the middle of a request costs no other client its reply", async () => {
  const monitor = new AttackMonitor(lab, "zmq-rep");
  const honest = await ZmtpClient.connect(lab.port("zmq-rep"), "REQ");
  for (let round = 0; round < 100; round++) {
    const attacker = await attack(lab.port("zmq-rep"));
    attacker.socket.write(
      Buffer.concat([greeting, readyCommand("REQ"), Buffer.from([1, 0, 1, 1, 65, 0, 9])]),
    );
    await until(() => attacker.received > greeting.length);
    attacker.socket.terminate();
    honest.send("", "Hello");
    expect((await honest.receive()).map(String)).toEqual(["", "World"]);
  }
  await monitor.expectSurvived();
});

testDescriptorsAreBack(lab);
