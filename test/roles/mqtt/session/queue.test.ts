import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { Queue } from "../../../../src/roles/mqtt/session/queue.ts";
import { Message, type Pending } from "../../../../src/roles/mqtt/wire/message.ts";
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

    // A message of 1000 bytes takes 1500, and 120 for each client that it is queued for.
    test("are limited besides those of each client: further messages are dropped and counted", () => {
      const { test, publish, lengths } = setup({ maxAllQueuedBytes: 5000 });
      for (let index = 0; index < 3; index++) publish();
      expect(lengths()).toEqual([2, 2, 2]);
      expect(test.broker.stats()).toMatchObject({ queued_messages: 6, dropped_queue_full_total: 3 });
      expect(test.broker.queued.bytes).toBe(2 * (1500 + 3 * 120));
    });

    test("are counted once, however many clients a message is queued for", () => {
      const { test, publish } = setup({ maxAllQueuedBytes: 100_000 });
      for (let index = 0; index < 50; index++) publish();
      expect(test.broker.stats()).toMatchObject({ queued_messages: 150, dropped_queue_full_total: 0 });
      for (const name of ["a", "b", "c"]) test.connect(name, version, { cleanStart: true });
      expect(test.broker.queued.bytes).toBe(0);
    });

    test("leave the last quarter to clients that hold little", () => {
      const { test } = setup({ maxAllQueuedBytes: 400_000 });
      const publisher = test.connect("greedy publisher", version);
      const subscriber = (name: string, filter: string) => {
        const client = test.connect(name, version, persistent);
        client.subscribe(filter, 1);
        client.cut();
        return () => test.broker.sessions.get(name)?.queue.length ?? 0;
      };
      const greedy = subscriber("greedy", "g");
      const honest = subscriber("honest", "h");
      for (let index = 0; index < 400; index++) publisher.publish("g", "x".repeat(1000), { qos: 1 });
      for (let index = 0; index < 50; index++) publisher.publish("h", "x".repeat(1000), { qos: 1 });
      expect([greedy(), honest()]).toEqual([185, 50]);
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
      expect(lengths()).toEqual([0, 2, 2]);
      const clean = test.connect("b", version);
      expect(clean.messages()).toEqual([]);
      expect(lengths()).toEqual([0, 0, 2]);
      // One in flight to "a", two queued for "c".
      expect(test.broker.queued.bytes).toBe(3 * (1500 + 120));
    });
  },
);

describe("a queue", () => {
  /** With these expiries; 0: it never expires. */
  function queueOf(...expiries: readonly number[]) {
    const queue = new Queue();
    const pending = expiries.map((expiry): Pending => {
      const view = new PublishView();
      const properties = expiry === 0 ? {} : { messageExpiryInterval: expiry };
      const flags = { dup: false, qos: 1 as const, retain: false, packetId: 1 };
      const payload = new Uint8Array(10);
      const bytes = encode({ type: "publish", version: 5, topic: "t", payload, properties, ...flags });
      const frame = new Frame();
      frame.read(bytes, 0, bytes.length);
      view.read(Buffer.from(bytes), 0, frame.body, frame.end, 5);
      const message = new Message({ text: "t", bytes: Uint8Array.of(0x74) }, view, 0);
      return { message, qos: 1, retain: false, subscriptionIds: undefined };
    });
    for (const one of pending) queue.push(one);
    return { queue, pending };
  }

  test("gives up what has expired, wherever it stands, and frees its memory", () => {
    const { queue, pending } = queueOf(0, 5, 60, 5);
    expect(queue.removeExpired(4000)).toEqual([]);
    expect(queue.removeExpired(5000)).toEqual([pending[1]!, pending[3]!]);
    expect([...queue]).toEqual([pending[0]!, pending[2]!]);
    expect(queue.removeExpired(60_000)).toEqual([pending[2]!]);
    queue.shift();
    expect([queue.length, queue.bytes, queue.memory.bytes]).toEqual([0, 0, 0]);
  });

  test("keeps its order when some are removed after the first have been taken", () => {
    const { queue, pending } = queueOf(0, 0, 0, 0, 0);
    expect([queue.shift(), queue.shift()]).toEqual([pending[0], pending[1]]);
    expect(queue.remove((one) => one === pending[3])).toEqual([pending[3]!]);
    expect([queue.length, queue.shift(), queue.shift(), queue.shift()]).toEqual([
      2,
      pending[2],
      pending[4],
      undefined,
    ]);
  });
});

test("a queue does not hold what it has given away", async () => {
  const queue = new Queue();
  const given: WeakRef<Pending>[] = [];
  const view = new PublishView();
  view.bytes = view.properties = new Uint8Array(1);
  for (let index = 0; index < 1000; index++) {
    const message = new Message({ text: "t", bytes: new Uint8Array(1) }, view, 0);
    queue.push({ message, qos: 1, retain: false, subscriptionIds: undefined });
  }
  // In a call of its own, so that no reference is left on the stack.
  const takeAll = () => {
    while (queue.length > 1) given.push(new WeakRef(queue.shift()!));
  };
  takeAll();
  // A reference that was just made holds its target until the turn ends.
  await new Promise((resolve) => setImmediate(resolve));
  Bun.gc(true);
  // The collector may take a few words for references.
  expect(given.filter((each) => each.deref() !== undefined).length).toBeLessThan(100);
  expect(queue.length).toBe(1);
});

test("a queue gives all away in order, however that is mixed with what comes in", () => {
  const queue = new Queue();
  const view = new PublishView();
  view.bytes = view.properties = new Uint8Array(1);
  const message = new Message({ text: "t", bytes: new Uint8Array(1) }, view, 0);
  let pushed = 0;
  let taken = 0;
  for (const [more, less] of [
    [3000, 1000],
    [500, 1500],
    [2000, 100],
    [0, 2900],
  ] as const) {
    for (let index = 0; index < more; index++)
      queue.push({ message, qos: 1, retain: false, subscriptionIds: [pushed++] });
    for (let index = 0; index < less; index++) expect(queue.shift()?.subscriptionIds).toEqual([taken++]);
    expect(queue.length).toBe(pushed - taken);
    expect([...queue][0]?.subscriptionIds).toEqual(pushed > taken ? [taken] : undefined);
  }
  expect([queue.shift(), queue.bytes, queue.memory.bytes]).toEqual([undefined, 0, 0]);
});
