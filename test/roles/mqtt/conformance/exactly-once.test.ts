import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { TestBroker } from "../support/test-broker.ts";
import { LossyClient } from "./lossy-client.ts";

/**
 * Long enough for the broker to assign them aliases. Each has one QoS, so its messages are ordered: `once/...` is
 * published at QoS 2, `least/...` at QoS 1.
 */
const topics = ["once/topic/a", "once/topic/b", "least/topic/a"] as const;
const qosOf = (topic: string) => (topic.startsWith("once/") ? 2 : 1);

/** A publisher, the broker and a subscriber to everything, both with persistent sessions. */
function setup(version: Version, window: number) {
  // A few packets fill the send buffer, so messages wait there, in the inflight window and in the queue.
  const limits = { maxInflight: version === 5 ? 5 : window, receiveMaximum: window, sendBuffer: 60 };
  const test = new TestBroker({ ...limits, sysInterval: 0 });
  const publisher = new LossyClient(test, "publisher", version, window);
  const subscriber = new LossyClient(test, "subscriber", version, window);
  const sent: string[] = [];
  for (const client of [publisher, subscriber]) client.connect();
  subscriber.subscribe("#");
  settle([publisher, subscriber]);
  const publish = (topic: string) => {
    const text = `m${sent.length}`;
    sent.push(`${topic}: ${text}`);
    publisher.publish(topic, text, qosOf(topic));
  };
  return { publisher, subscriber, clients: [publisher, subscriber] as const, sent, publish };
}

type Fixture = ReturnType<typeof setup>;

/** Connects both clients and carries bytes until nobody sends any more. */
function settle(clients: readonly LossyClient[]): void {
  for (let round = 0; round < 1000; round++) {
    let carried = 0;
    for (const client of clients) {
      if (!client.isConnected) client.connect();
      carried += client.carryUp(1_000_000) + client.carryDown(1_000_000);
    }
    if (carried === 0) return;
  }
  throw new Error("the packets never end");
}

function expectNothingLost({ publisher, subscriber, clients, sent }: Fixture): void {
  settle(clients);
  expect([...publisher.complaints, ...subscriber.complaints]).toEqual([]);
  expect([publisher.isQuiet, subscriber.isQuiet]).toEqual([true, true]);
  for (const topic of topics) {
    const expected = sent.filter((message) => message.startsWith(`${topic}:`));
    const delivered = subscriber.delivered.filter((message) => message.startsWith(`${topic}:`));
    // At QoS 1 a message may be delivered again; the first deliveries are in order.
    expect(qosOf(topic) === 2 ? delivered : [...new Set(delivered)]).toEqual(expected);
  }
}

const who = fc.constantFrom<0 | 1>(0, 1);
const amount = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 7, max: 200 }));
const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("publish" as const), topic: fc.constantFrom(...topics) }),
  },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("up" as const), who, amount }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("down" as const), who, amount }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("cut" as const), who, isNoticed: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("connect" as const),
      who,
      window: fc.integer({ min: 1, max: 5 }),
    }),
  },
);

const seed =
  process.env.DISTSRV_MODEL_SEED === undefined ? {} : { seed: Number(process.env.DISTSRV_MODEL_SEED) };
const numRuns = Number(process.env.DISTSRV_MODEL_RUNS ?? 300);

describe.each([3, 4, 5] as const)("version %d", (version) => {
  test("QoS 2 is delivered exactly once and QoS 1 at least once, in order, whichever connections break and when [MQTT-4.3.3-10] [MQTT-4.4.0-1] [MQTT-4.6.0-5] [MQTT-4.6.0-6] [MQTT-4.3.3-1 of 3.1.1] [MQTT-4.3.3-2 of 3.1.1]", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(step, { maxLength: 150, size: "max" }),
        (window, steps) => {
          const all = setup(version, window);
          for (const one of steps) {
            if (one.does === "publish") {
              all.publish(one.topic);
              continue;
            }
            const client = all.clients[one.who];
            if (one.does === "connect") {
              if (!client.isConnected) client.connect(one.who === 1 ? one.window : undefined);
            } else if (one.does === "cut") client.cut(one.isNoticed);
            else if (one.does === "up") client.carryUp(one.amount);
            else client.carryDown(one.amount);
          }
          expectNothingLost(all);
        },
      ),
      { numRuns, ...seed },
    );
  });

  test.each(["once/topic/a", "least/topic/a"] as const)(
    "a connection that breaks after any byte of either handshake of %s loses nothing",
    (topic) => {
      // Both connections carry one byte in turn; one of them breaks after each possible number of bytes.
      for (const victim of [0, 1] as const) {
        for (const isNoticed of [true, false]) {
          for (let cutAt = 0; ; cutAt++) {
            // The second message waits for the first.
            const all = setup(version, 1);
            for (let index = 0; index < 2; index++) all.publish(topic);
            let carried = 0;
            while (carried < cutAt) {
              const before = carried;
              for (const client of all.clients) carried += client.carryUp(1) + client.carryDown(1);
              if (carried === before) break;
            }
            const isComplete = carried < cutAt;
            all.clients[victim].cut(isNoticed);
            expectNothingLost(all);
            if (isComplete) break;
          }
        }
      }
    },
  );
});
