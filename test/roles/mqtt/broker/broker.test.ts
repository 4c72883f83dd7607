import { describe, expect, test } from "bun:test";
import type { Lease } from "../../../../src/net/tcp/buffers.ts";
import { encodeOwnPublish } from "../../../../src/roles/mqtt/wire/message.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

/** The client's network throws whatever is written. */
function breakLink(client: TestClient): TestClient {
  Object.assign(client.connection.peer, {
    write: () => {
      throw new Error("the link is broken");
    },
  });
  return client;
}

test("a large message of the broker itself is sent from where it lies, to every version", () => {
  const test = new TestBroker();
  const leased: boolean[] = [];
  for (const version of [4, 5] as const) {
    for (const qos of [0, 1] as const) {
      const client = test.connect(`${version} at ${qos}`, version);
      client.subscribe("t", qos);
      const write = (bytes: Uint8Array, lease?: Lease) => {
        if (bytes.length >= size) leased.push(lease !== undefined);
      };
      Object.assign(client.connection.peer, { write });
    }
  }
  const size = 200_000;
  const message = {
    topic: "t",
    payload: new Uint8Array(size),
    qos: 1,
    retain: false,
    properties: {},
  } as const;
  test.broker.publish(encodeOwnPublish(message), "t");
  test.clock.settle();
  expect(leased).toEqual([true, true, true, true]);
});

test("a large message of the broker itself that is retained reaches later subscribers whole", () => {
  const test = new TestBroker();
  const payload = Buffer.alloc(200_000, "x");
  const message = { topic: "t", payload, qos: 1, retain: true, properties: {} } as const;
  test.broker.publish(encodeOwnPublish(message), "t");
  const client = test.connect("later", 4);
  client.send({
    ...{ type: "subscribe", version: 4, packetId: 1, properties: {} },
    subscriptions: [{ filter: "t", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
  });
  expect(client.messages()).toEqual([`t: ${payload}`]);
});

describe("a client whose link throws", () => {
  test("is closed by the sweep like the others that are silent", () => {
    const test = new TestBroker();
    const connect = (name: string, version: 4 | 5 = 4) => test.connect(name, version, { keepAlive: 10 });
    const clients = [connect("first"), breakLink(connect("broken", 5)), connect("last")];
    test.clock.advance(16_000);
    expect(clients.map(({ state }) => state)).toEqual(["ended", "ended", "ended"]);
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0, internal_errors_total: 1 });
  });

  test("leaves its session to another connection that takes it over", () => {
    const test = new TestBroker();
    const broken = breakLink(test.connect("a", 5));
    const next = test.connect("a", 5);
    expect([broken.state, next.state]).toEqual(["ended", "open"]);
    expect(test.broker.stats()).toMatchObject({ connections: 1, sessions: 1 });
  });

  test("keeps nobody else from learning that the broker stops", () => {
    const test = new TestBroker();
    const first = breakLink(test.connect("a", 5));
    const second = test.connect("b", 5);
    test.broker.stop();
    expect([first.state, second.state]).toEqual(["ended", "ended"]);
    expect(second.next("disconnect")).toBeDefined();
    expect(test.broker.stats().connections).toBe(0);
  });

  test("does not keep the end of its network from ending its connection", () => {
    const test = new TestBroker();
    const client = test.connect("a");
    const end = () => {
      throw new Error("the link is broken");
    };
    Object.assign(client.connection.peer, { end });
    expect(() => client.connection.close()).toThrow("the link is broken");
    expect(test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
  });

  test("keeps no other client throttled", () => {
    const test = new TestBroker({ maxPublishRate: 1 });
    const clients = ["a", "b"].map((name) => test.connect(name, 4));
    for (const client of clients) client.send(...[1, 2].map(() => client.message("t", "x")));
    const [first, second] = clients;
    Object.assign(first?.connection ?? {}, {
      unthrottle: () => {
        throw new Error("cannot go on");
      },
    });
    expect(second?.isPaused).toBe(true);
    test.clock.advance(5000);
    expect(second?.isPaused).toBe(false);
    expect(test.broker.stats().internal_errors_total).toBe(1);
  });
});
