import { describe, expect, test } from "bun:test";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { TestBroker } from "../support/test-broker.ts";

describe.each([3, 4, 5] as const)(
  "the queued messages of all clients together, version %p",
  (version: Version) => {
    const persistent = {
      cleanStart: false,
      ...(version === 5 && { properties: { sessionExpiryInterval: 600 } }),
    };

    function setup(config: Record<string, unknown>) {
      const test = new TestBroker(config);
      const names = ["a", "b", "c"];
      for (const name of names) {
        const client = test.connect(name, version, persistent);
        client.subscribe("t", 1);
        client.cut();
      }
      const publisher = test.connect("publisher", version);
      const publish = () => publisher.publish("t", "x".repeat(1000), { qos: 1 });
      const lengths = () => names.map((name) => test.broker.sessions.get(name)?.queue.length);
      return { test, publish, lengths };
    }

    test("are limited besides those of each client: further messages are dropped and counted", () => {
      const { test, publish, lengths } = setup({ maxAllQueuedBytes: 5000 });
      for (let index = 0; index < 3; index++) publish();
      expect(lengths()).toEqual([2, 1, 1]);
      expect(test.broker.stats()).toMatchObject({ queued_messages: 4, dropped_queue_full_total: 5 });
      expect(test.broker.queued.bytes).toBe(test.broker.stats().queued_bytes ?? -1);
    });

    test("free their quota when they are acknowledged, and when their session ends", () => {
      const { test, publish, lengths } = setup({ maxAllQueuedBytes: 5000 });
      publish();
      publish();
      const client = test.open(version);
      client.connect("a", persistent);
      const received = client
        .take()
        .flatMap((packet) => (packet.type === "publish" ? [packet.packetId ?? 0] : []));
      expect(received).toHaveLength(2);
      for (const packetId of received) {
        client.send({ type: "puback", version, packetId, reasonCode: 0, properties: {} });
      }
      publish();
      // The messages in flight to "a" count, too.
      expect(lengths()).toEqual([0, 2, 1]);
      const clean = test.connect("b", version);
      expect(clean.messages()).toEqual([]);
      expect(lengths()).toEqual([0, 0, 1]);
      const { sessions, queued } = test.broker;
      const left = (sessions.get("a")?.inflight.bytes ?? 0) + (sessions.get("c")?.queue.bytes ?? 0);
      expect(queued.bytes).toBe(left);
    });
  },
);
