import { expect, test } from "bun:test";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { suggestion } from "../../../../src/roles/mqtt/insight/unmatched-subscriptions.ts";
import { TestBroker } from "../support/test-broker.ts";

function setup(config: Record<string, unknown> = {}) {
  const test = new TestBroker(config);
  const insight = openInsight(test.broker);
  return { test, insight, problems: () => insight.problems().map(({ text }) => text) };
}

const subscribeTo = (filter: string) => ({
  subscriptions: [
    { filter, qos: 0 as const, noLocal: false, retainAsPublished: false, retainHandling: 0 as const },
  ],
});

test("messages without a subscriber are reported for a minute, or until somebody subscribes", () => {
  const { test, problems } = setup();
  const client = test.connect("publisher");
  expect(problems()).toEqual([]);
  client.send(...["1", "2", "3"].map((text) => client.message("sister/temp", text)));
  client.publish("sister/humidity", "x");
  test.clock.advance(1000);
  expect(problems()).toEqual([
    "3 messages to sister/temp found no subscriber",
    "1 message to sister/humidity found no subscriber",
  ]);
  test.connect("subscriber").subscribe("sister/temp");
  test.clock.advance(1000);
  expect(problems()).toEqual(["1 message to sister/humidity found no subscriber"]);
  test.clock.advance(62_000);
  expect(problems()).toEqual([]);
});

test("retained, delivered and the broker's own messages are not reported", () => {
  const { test, problems } = setup({ sysInterval: 1000 });
  const client = test.connect("publisher");
  test.connect("subscriber").subscribe("delivered");
  client.publish("delivered", "x");
  client.publish("kept", "x", { retain: true });
  openInsight(test.broker).actions.publish?.({ topic: "own" });
  test.clock.advance(2000);
  expect(problems()).toEqual([]);
});

test("a client that waits on a topic without messages is reported, with a similar topic", () => {
  const { test, problems } = setup();
  const publisher = test.connect("publisher");
  const dashboard = test.connect("dashboard-1");
  test.connect("player").subscribe("sister/channel/game");
  publisher.publish("sister/channel/game", "x");
  dashboard.subscribe("sister/channel/gaming");
  test.clock.advance(9000);
  expect(problems()).toEqual([]);
  test.clock.advance(2000);
  expect(problems()).toEqual([
    "client dashboard-1 waits on sister/channel/gaming, to which nothing has been published: did it mean sister/channel/game?",
  ]);
  publisher.publish("sister/channel/gaming", "x");
  test.clock.advance(1000);
  expect(problems()).toEqual([]);
});

test("a client that is offline, has unsubscribed or has received a message is not reported as waiting", () => {
  const { test, problems } = setup();
  const publisher = test.connect("publisher");
  test.connect("served").subscribe("kept/+");
  publisher.publish("kept/1", "x", { retain: true });
  publisher.publish("once/1", "x");
  test.connect("late").subscribe("once/#");
  const offline = test.connect("offline", 4, { cleanStart: false });
  offline.subscribe("nothing");
  offline.cut();
  const unsubscribed = test.connect("unsubscribed", 5);
  unsubscribed.subscribe("nothing/else");
  unsubscribed.send({
    type: "unsubscribe",
    version: 5,
    packetId: 1,
    filters: ["nothing/else"],
    properties: {},
  });
  test.clock.advance(20_000);
  expect(problems()).toEqual([]);
});

test("a client that is back with a new session does not wait on what its old one subscribed to", () => {
  const { test, problems } = setup();
  const client = test.connect("a", 4, { cleanStart: false });
  client.subscribe("nothing");
  test.clock.advance(11_000);
  expect(problems()).toHaveLength(1);
  client.cut();
  test.connect("a", 4);
  test.clock.advance(20_000);
  expect(problems()).toEqual([]);
});

test("a retained message from before the broker started counts as published", () => {
  const { test, problems } = setup({ topicCacheSize: 100 });
  const publisher = test.connect("publisher");
  publisher.publish("kept", "x", { retain: true });
  // Very many topics evict the topic from the topic cache.
  for (let index = 0; index < 20_000; index++) test.broker.router.topicNamed(`t/${index}`);
  expect([...test.broker.router.topics()]).not.toContain("kept");
  const client = test.connect("client");
  client.send({ ...subscribeTo("kept"), type: "subscribe", version: 4, packetId: 1, properties: {} });
  test.clock.advance(62_000);
  expect(problems()).toEqual([]);
});

test("a member of a shared subscription is reported as waiting, too", () => {
  const { test, problems } = setup();
  test.connect("worker", 5).subscribe("$share/all/jobs/new");
  test.clock.advance(11_000);
  expect(problems()).toEqual([
    "client worker waits on $share/all/jobs/new, to which nothing has been published",
  ]);
});

test("a suggestion keeps the filter's wildcards", () => {
  const topics = ["sister/channel/game", "sister/temp", "lab/1/temp"];
  expect(suggestion("sister/chanel/#", topics)).toBe("sister/channel/#");
  expect(suggestion("lab/+/tmep", topics)).toBe("lab/+/temp");
  expect(suggestion("something/else", topics)).toBeUndefined();
});

test("a client that does not acknowledge is reported after ten seconds, until it acknowledges", () => {
  const { test, problems } = setup({ maxInflight: 3 });
  const client = test.connect("x", 5);
  client.subscribe("t", 1);
  const publisher = test.connect("publisher");
  for (let id = 1; id < 9; id++) publisher.publish("t", "x", { qos: 1, packetId: id });
  test.clock.advance(9000);
  expect(problems()).toEqual([]);
  test.clock.advance(6000);
  expect(problems()).toEqual(["client x does not acknowledge: 3 messages in flight, 5 queued"]);
  client.send({ type: "puback", version: 5, packetId: 1, reasonCode: 0, properties: {} });
  test.clock.advance(5000);
  expect(problems()).toEqual([]);
});

test("a client that reads too slowly is reported for a minute, with its dropped messages", () => {
  const { test, problems } = setup({ sendBuffer: 64 * 1024 });
  const client = test.connect("x");
  client.subscribe("t");
  client.isStuck = true;
  const publisher = test.connect("publisher");
  for (let count = 0; count < 100; count++) publisher.publish("t", "x".repeat(10_000));
  const { dropped } = test.broker.counters;
  expect(dropped).toBeGreaterThan(50);
  test.clock.advance(1000);
  expect(problems()).toEqual([`client x reads too slowly: ${dropped} messages were dropped`]);
  client.drain();
  test.clock.advance(62_000);
  expect(problems()).toEqual([]);
});

test("an offline client with a full queue is reported", () => {
  const { test, problems } = setup({ maxQueuedMessages: 2 });
  const client = test.connect("x", 4, { cleanStart: false });
  client.subscribe("t", 1);
  client.cut();
  const publisher = test.connect("publisher");
  for (let id = 1; id < 4; id++) publisher.publish("t", "x", { qos: 1, packetId: id });
  expect(problems()).toEqual(["client x is away and its queue is full: 1 message was dropped"]);
});

test("five problems of each kind are listed, and the others counted", () => {
  const { test, problems } = setup();
  const client = test.connect("publisher");
  for (let index = 0; index < 17; index++) client.publish(`t/${index}`, "x");
  test.connect("waiting", 5);
  const lines = problems();
  expect(lines).toHaveLength(6);
  expect(lines[5]).toBe("and 12 more topics without a subscriber");
});

test("the list is cached for repeated requests", () => {
  const { test, insight, problems } = setup();
  const first = insight.problems();
  test.connect("publisher").publish("t", "x");
  expect(insight.problems()).toBe(first);
  test.clock.advance(1000);
  expect(problems()).toEqual(["1 message to t found no subscriber"]);
});

test("client identifiers and topics cannot inject terminal escape sequences", () => {
  const { test, problems } = setup();
  test.connect("evil\u001b[2J").publish("bad\u001b]0;x\u0007", "x");
  expect(problems().join()).not.toMatch(/[\u001b\u0007]/);
});
