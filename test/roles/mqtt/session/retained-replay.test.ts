import { expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;

function retain(test: TestBroker, count: number): void {
  const publisher = test.connect("publisher");
  for (let index = 0; index < count; index++) publisher.publish(`t/${index}`, "x", { retain: true });
}

/** Sends without ending the turn of the event loop. */
function ask(client: TestClient, filters: readonly string[]): void {
  const subscriptions = filters.map((filter) => ({ filter, ...options }));
  client.connection.feed(
    encode({ type: "subscribe", version: 4, packetId: 1, subscriptions, properties: {} }),
  );
}

test("filters that match nothing are searched for in turns of few milliseconds", () => {
  const test = new TestBroker();
  retain(test, 2000);
  const client = test.connect("a");
  const filters = Array.from({ length: 100 }, (_, index) => `+/+/none${index}`);
  test.clock.cost = 0.1;
  const start = test.clock.now();
  ask(client, [...filters, "t/7"]);
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

test("a turn is shared by all who search", () => {
  const test = new TestBroker();
  retain(test, 2000);
  const clients = Array.from({ length: 50 }, (_, index) => test.connect(`c${index}`));
  test.clock.cost = 0.1;
  const start = test.clock.now();
  for (const client of clients) ask(client, ["+/+/none", "t/7"]);
  // Beyond the 5 ms it is only that each looks at the clock.
  expect(test.clock.now() - start).toBeLessThan(25);
  test.clock.settle();
  for (const client of clients) expect(client.messages()).toEqual(["t/7: x"]);
});

test("who asks again while the search goes on has one, and who unsubscribes has none", () => {
  const test = new TestBroker();
  retain(test, 3000);
  const client = test.connect("a");
  for (let times = 0; times < 20; times++) ask(client, ["#"]);
  ask(client, ["t/#"]);
  client.send({ type: "unsubscribe", version: 4, packetId: 2, filters: ["t/#"], properties: {} });
  // What the first asking sent before its turn was over, and all of the last.
  const { length } = client.messages();
  expect(length).toBeGreaterThan(3000);
  expect(length).toBeLessThanOrEqual(1000 + 3000);
});
