import { describe, expect, test } from "bun:test";
import { nextSort } from "../../src/dashboard/page/components/sort-order.ts";
import { viewPath } from "../../src/dashboard/page/mqtt/broker-api.ts";
import { networkOfPeer } from "../../src/dashboard/page/mqtt/peer-network.ts";
import { describeResult } from "../../src/dashboard/page/mqtt/publish-result.ts";
import { ranked } from "../../src/dashboard/page/mqtt/ranking.ts";
import { MessageDeduplicator } from "../../src/dashboard/page/mqtt/received-messages.ts";
import { treeOf } from "../../src/dashboard/page/mqtt/topic-tree.ts";
import { event } from "./events.ts";

const info = (topic: string, rate = 0) => ({
  topic,
  last: "x",
  size: 1,
  qos: 0,
  retained: false,
  retainedValue: null,
  isLastRetained: false,
  count: 1,
  bytes: 1,
  rate,
  byteRate: 0,
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

describe("the busiest", () => {
  const busy = (clientId: string, rate: number, byteRate: number) => ({
    ...{ clientId, rate, byteRate, count: 1, bytes: 1 },
  });
  const rows = [busy("many", 40, 40), busy("large", 1, 5000)];

  test("come first by the measure that is chosen, ten at most", () => {
    const names = (measure: "rate" | "byteRate") =>
      ranked(rows, measure, ({ clientId }) => clientId).map(({ name }) => name);
    expect(names("rate")).toEqual(["many", "large"]);
    expect(names("byteRate")).toEqual(["large", "many"]);
    const many = Array.from({ length: 14 }, (_, index) => busy(String(index), index, 0));
    expect(ranked(many, "rate", ({ clientId }) => clientId)).toHaveLength(10);
  });
});

describe("sorting", () => {
  const column = (isLargestFirst: boolean) => ({ title: "x", cell: () => "", sort: "x", isLargestFirst });

  test("a click on a column sorts by it, another one turns the order round", () => {
    expect(nextSort(column(false), "y")).toBe("x");
    expect(nextSort(column(false), "x")).toBe("-x");
    expect(nextSort(column(false), "-x")).toBe("x");
  });

  test("figures begin with the largest", () => {
    expect(nextSort(column(true), "y")).toBe("-x");
    expect(nextSort(column(true), "-x")).toBe("x");
  });
});

test("a view's address holds what is asked for, and leaves out what is empty", () => {
  expect(viewPath("my broker", "topics", { search: "a/b", sort: "" })).toBe(
    "/api/services/my%20broker/views/topics?search=a%2Fb",
  );
  expect(viewPath("mqtt", "top")).toBe("/api/services/mqtt/views/top");
});

test("a publication shows how many subscribers it reached", () => {
  expect(describeResult("t", { subscribers: 0 })).toBe("Published to t: it found no subscriber.");
  expect(describeResult("t", { subscribers: 2 })).toBe("Published to t: it reached 2 subscribers.");
  expect(describeResult("t", null)).toBe("Published to t.");
});

test.each([
  ["10.0.0.7:51544", "10.0.0.7"],
  ["[2001:db8:1:2:3:4:5:6]:1883", "2001:db8:1:2::/64"],
  ["[fe80::7%eth0]:1883", "fe80::7"],
  ["/run/mqtt.sock", undefined],
])("a ban of the client at %s is about %p", (remote, network) => {
  expect(networkOfPeer(remote)).toBe(network as string);
});
