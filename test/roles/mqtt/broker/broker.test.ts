import { describe, expect, test } from "bun:test";
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
