import { expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

function retain(test: TestBroker, count: number): void {
  const publisher = test.connect("publisher");
  for (let index = 0; index < count; index++) publisher.publish(`t/${index}`, "x", { retain: true });
}

/** Subscribes without ending the turn of the event loop. */
function subscribe(client: TestClient, filters: readonly string[]): void {
  const subscriptions = filters.map((filter) => ({ filter, ...options }));
  client.connection.feed(
    encode({ type: "subscribe", version: 4, packetId: 1, subscriptions, properties: {} }),
  );
}

test("the search for retained messages is split into slices of a few milliseconds", () => {
  const test = new TestBroker();
  retain(test, 2000);
  const client = test.connect("a");
  const filters = Array.from({ length: 100 }, (_, index) => `+/+/none${index}`);
  test.clock.cost = 0.1;
  const start = test.clock.now();
  subscribe(client, [...filters, "t/7"]);
  let turns = 0;
  let longest = test.clock.now() - start;
  for (let more = true; more; turns++) {
    const before = test.clock.now();
    more = test.clock.turn();
    longest = Math.max(longest, test.clock.now() - before);
  }
  expect(longest).toBeLessThan(7);
  expect(turns).toBeGreaterThan(10);
  expect(client.messages()).toEqual(["t/7: x"]);
});

test("all searches share one slice per turn of the event loop", () => {
  const test = new TestBroker();
  retain(test, 2000);
  const clients = Array.from({ length: 50 }, (_, index) => test.connect(`c${index}`));
  test.clock.cost = 0.1;
  const start = test.clock.now();
  for (const client of clients) subscribe(client, ["+/+/none", "t/7"]);
  // The slice has 5 ms; the rest is that each search reads the clock once.
  expect(test.clock.now() - start).toBeLessThan(25);
  test.clock.settle();
  for (const client of clients) expect(client.messages()).toEqual(["t/7: x"]);
});

test("subscribing again restarts the search, and unsubscribing cancels it", () => {
  const test = new TestBroker();
  retain(test, 3000);
  const client = test.connect("a");
  for (let times = 0; times < 20; times++) subscribe(client, ["#"]);
  subscribe(client, ["t/#"]);
  client.send({ type: "unsubscribe", version: 4, packetId: 2, filters: ["t/#"], properties: {} });
  // What the first search sent before its slice was over, and all messages of the last one.
  const { length } = client.messages();
  expect(length).toBeGreaterThan(3000);
  expect(length).toBeLessThanOrEqual(1000 + 3000);
});
