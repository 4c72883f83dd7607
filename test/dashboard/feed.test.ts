import { describe, expect, test } from "bun:test";
import { capacity } from "../../src/dashboard/page/wire/feed.ts";
import { allTraffic } from "../../src/dashboard/page/wire/filter.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const textsOf = (feed: ReturnType<typeof feedOf>) =>
  feed.list.rows.map((row) => (row.is === "gap" ? `-${row.count}` : (row.event.text ?? "")));

describe("the feed", () => {
  test("keeps the newest rows, evicts the rest and counts them", () => {
    const count = capacity * 3;
    const feed = feedOf(
      Array.from({ length: count }, (_, index) => event("echo#1", { text: String(index) })),
    );
    expect(feed.list.rows.length).toBeWithin(capacity, capacity * 1.1 + 1);
    expect(textsOf(feed).at(-1)).toBe(String(count - 1));
    expect(feed.evicted).toBeWithin(count - capacity * 1.1, count - capacity + 1);
    expect(feed.received).toBe(count);
  });

  test("stands still while paused, and shows what came when it goes on", () => {
    const feed = feedOf([event("echo#1", { text: "before" })]);
    feed.setPaused(true);
    feed.add(event("echo#1", { text: "meanwhile" }));
    expect(textsOf(feed)).toEqual(["before"]);
    expect(feed.queued).toBe(1);
    feed.setPaused(false);
    expect(textsOf(feed)).toEqual(["before", "meanwhile"]);
    expect(feed.queued).toBe(0);
  });

  test("takes an event once, however often it is received", () => {
    const repeated = event("echo#1");
    expect(feedOf([repeated, repeated]).list.rows).toHaveLength(1);
  });

  test("shows where events are missing, in one row for consecutive gaps of a service", () => {
    const feed = feedOf([event("echo#1", { text: "a" })]);
    feed.addLost({ service: "echo", kind: "message", count: 5 });
    feed.addLost({ service: "echo", kind: "open", count: 2 });
    feed.addLost({ service: "echo", kind: "slow-reader", count: 3 });
    feed.addLost({ service: "echo", kind: "bytes", count: 100 });
    feed.add(event("echo#1", { text: "b" }));
    expect(textsOf(feed)).toEqual(["a", "-10", "b"]);
    expect(feed.lost).toBe(110);
  });

  test("filters what it has, and gives it back when the filter goes", () => {
    const feed = feedOf([...echoConversation(1), event("time#1", { text: "TIME" })]);
    feed.setFilter({ ...allTraffic, services: ["time"] });
    expect(textsOf(feed)).toEqual(["TIME"]);
    feed.setFilter(allTraffic);
    expect(feed.list.rows).toHaveLength(5);
  });

  test("an empty screen stays empty until something new comes", () => {
    const old = event("echo#1");
    const feed = feedOf([old]);
    feed.clear();
    feed.add(old);
    expect(feed.list.rows).toEqual([]);
  });
});

test("after a restart the server counts from the start: its events are new, and so are its peers", () => {
  const feed = feedOf([]);
  const noon = event("echo#1").time;
  const receive = (seq: number, time: number, remote: string) =>
    feed.add(event("echo#1", { seq, time, remote, text: remote }));
  receive(90, noon, "127.0.0.1:1");
  receive(91, noon + 1, "127.0.0.1:1");
  receive(90, noon, "127.0.0.1:1");
  expect(feed.received).toBe(2);
  receive(3, noon + 5000, "127.0.0.1:2");
  expect(feed.received).toBe(3);
  const labels = () => feed.list.rows.flatMap((row) => (row.is === "gap" ? [] : [row.is, row.peer.label]));
  const expected = ["event", "127.0.0.1:1", "event", "127.0.0.1:1", "event", "127.0.0.1:2"];
  expect(labels()).toEqual(expected);
  // The rows are the same after a filter has rebuilt them.
  feed.setFilter({ ...allTraffic, text: "127" });
  expect(labels()).toEqual(expected);
});
