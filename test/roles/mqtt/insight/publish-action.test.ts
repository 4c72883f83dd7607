import { expect, test } from "bun:test";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { TestBroker } from "../support/test-broker.ts";

function setup(config: Record<string, unknown> = {}) {
  const test = new TestBroker(config);
  const publish = openInsight(test.broker).actions.publish;
  return { test, publish: (input: unknown) => publish?.(input) };
}

test("the action publishes to every subscriber, and returns their number", () => {
  const { test, publish } = setup();
  const one = test.connect("one");
  const two = test.connect("two", 5);
  one.subscribe("sister/#", 1);
  two.subscribe("sister/temp", 0);
  expect(publish({ topic: "sister/temp", payload: "Suhu: 28°C", qos: 1 })).toEqual({
    ...{ topic: "sister/temp", size: 11, qos: 1, retain: false, subscribers: 2 },
  });
  test.clock.settle();
  expect(one.messages()).toEqual(["sister/temp: Suhu: 28°C"]);
  expect(two.messages()).toEqual(["sister/temp: Suhu: 28°C"]);
  expect(publish({ topic: "nobody" })).toMatchObject({ subscribers: 0, size: 0 });
});

test("the action retains a message, and clears a retained one", () => {
  const { test, publish } = setup();
  publish({ topic: "t", payload: "kept", retain: true });
  const [kept] = test.broker.retained.match("t", test.clock.now);
  expect(kept?.topic.text).toBe("t");
  publish({ topic: "t", payload: "", retain: true });
  expect(test.broker.retained.size).toBe(0);
});

for (const [input, complaint] of [
  [{ topic: "a/#" }, 'cannot publish to "a/#": the topic holds a wildcard'],
  [{ topic: "" }, 'cannot publish to "": the topic is empty'],
  [{ topic: "a\0" }, "the topic holds the character U+0000"],
  [{ topic: "$SYS/broker/version" }, "the topic is the broker's own to publish its figures"],
  [{ topic: "\ud800" }, "half a character"],
  [{ topic: "a/b/c/d/e" }, "the topic has 5 levels, and maxTopicLevels is 4"],
  [{ topic: "x".repeat(65_536) }, "the topic has 65536 bytes, and maxTopicLength is 4096"],
  [{ topic: "t", payload: "x".repeat(1021) }, "the packet would have 1028 bytes, and maxPacketSize is 1024"],
  [{ payload: "x" }, "topic: "],
  [{ topic: "t", qos: 3 }, "qos: "],
  [{ topic: "t", payload: 28 }, "payload: "],
  [{ topic: "t", retained: true }, '"retained"'],
  ["t", 'give { "topic": "sister/temp"'],
] as const) {
  test(`the action refuses ${JSON.stringify(input).slice(0, 60)}`, () => {
    const { test, publish } = setup({ maxTopicLevels: 4, maxPacketSize: 1024 });
    expect(() => publish(input)).toThrow(complaint);
    expect(test.broker.counters.sent).toBe(0);
  });
}
