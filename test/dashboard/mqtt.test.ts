import { describe, expect, test } from "bun:test";
import { describeResult } from "../../src/dashboard/page/mqtt/broker-api.ts";
import { MessageDeduplicator } from "../../src/dashboard/page/mqtt/received-messages.ts";
import { treeOf } from "../../src/dashboard/page/mqtt/topic-tree.ts";
import { event } from "./events.ts";

const info = (topic: string, rate = 0) => ({
  topic,
  last: "x",
  size: 1,
  qos: 0,
  retained: false,
  count: 1,
  rate,
  time: 0,
});

describe("the topic tree", () => {
  test("has levels in order, sums the rates below and keeps the topic of a level itself", () => {
    const [a, b] = treeOf([info("b", 4), info("a/2", 1), info("a/10", 2), info("a", 3)]);
    expect(a).toMatchObject({ name: "a", rate: 6, size: 3, topic: { topic: "a" } });
    expect(a?.children.map(({ path }) => path)).toEqual(["a/2", "a/10"]);
    expect(b).toMatchObject({ name: "b", rate: 4, children: [] });
  });

  test("knows empty levels", () => {
    expect(treeOf([info("/a")])).toMatchObject([{ name: "", children: [{ name: "a", path: "/a" }] }]);
  });
});

describe("received messages", () => {
  const publish = (conversation: string, direction: "in" | "out", payload = "28") =>
    event(conversation, { direction, fields: { packet: "PUBLISH", topic: "t", payload } });

  test("one message is shown once, however many subscribers it goes to", () => {
    const deduplicator = new MessageDeduplicator();
    const events = [publish("mqtt#1", "in"), publish("mqtt#2", "out"), publish("mqtt#3", "out")];
    expect(events.map((each) => deduplicator.add(each))).toEqual([true, false, false]);
  });

  test("the same payload twice is two messages", () => {
    const deduplicator = new MessageDeduplicator();
    const once = () => [publish("mqtt#1", "in"), publish("mqtt#2", "out")];
    expect([...once(), ...once()].filter((each) => deduplicator.add(each))).toHaveLength(2);
    expect(deduplicator.messages.map(({ payload }) => payload)).toEqual(["28", "28"]);
  });

  test("a message without a publisher among the clients is shown as it goes out", () => {
    expect(new MessageDeduplicator().add(publish("mqtt#2", "out"))).toBe(true);
  });

  test("other packets with a topic are not messages", () => {
    const subscribe = event("mqtt#1", { text: "SUBSCRIBE t", fields: { packet: "SUBSCRIBE", topic: "t" } });
    expect(new MessageDeduplicator().add(subscribe)).toBe(false);
  });
});

test("a publication shows how many subscribers it reached", () => {
  expect(describeResult("t", { subscribers: 0 })).toBe("Published to t: it found no subscriber.");
  expect(describeResult("t", { subscribers: 2 })).toBe("Published to t: it reached 2 subscribers.");
  expect(describeResult("t", null)).toBe("Published to t.");
});
