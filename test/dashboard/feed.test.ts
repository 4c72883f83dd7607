import { describe, expect, test } from "bun:test";
import { capacity } from "../../src/dashboard/page/wire/feed.ts";
import { allTraffic } from "../../src/dashboard/page/wire/filter.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const textsOf = (feed: ReturnType<typeof feedOf>) =>
  feed.list.rows.map((row) => (row.is === "gap" ? `-${row.count}` : (row.event.text ?? "")));

describe("the feed", () => {
  test("keeps the newest rows, forgets the rest and counts them", () => {
    const count = capacity * 3;
    const feed = feedOf(
      Array.from({ length: count }, (_, index) => event("echo#1", { text: String(index) })),
    );
    expect(feed.list.rows.length).toBeWithin(capacity, capacity * 1.1 + 1);
    expect(textsOf(feed).at(-1)).toBe(String(count - 1));
    expect(feed.forgotten).toBeWithin(count - capacity * 1.1, count - capacity + 1);
    expect(feed.received).toBe(count);
  });

  test("stands still while paused, and shows what came when it goes on", () => {
    const feed = feedOf([event("echo#1", { text: "before" })]);
    feed.setPaused(true);
    feed.add(event("echo#1", { text: "meanwhile" }));
    expect(textsOf(feed)).toEqual(["before"]);
    expect(feed.waiting).toBe(1);
    feed.setPaused(false);
    expect(textsOf(feed)).toEqual(["before", "meanwhile"]);
    expect(feed.waiting).toBe(0);
  });

  test("takes an event once, however often it is told", () => {
    const told = event("echo#1");
    expect(feedOf([told, told]).list.rows).toHaveLength(1);
  });

  test("says where something was left out, one row for each service in a row", () => {
    const feed = feedOf([event("echo#1", { text: "a" })]);
    feed.addLeftOut({ service: "echo", kind: "message", count: 5 });
    feed.addLeftOut({ service: "echo", kind: "open", count: 2 });
    feed.addLeftOut({ service: "echo", kind: "slow-reader", count: 3 });
    feed.addLeftOut({ service: "echo", kind: "bytes", count: 100 });
    feed.add(event("echo#1", { text: "b" }));
    expect(textsOf(feed)).toEqual(["a", "-10", "b"]);
    expect(feed.leftOut).toBe(110);
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

test("a server that begins anew counts from the start: what it tells is new, and its peers are", () => {
  const feed = feedOf([]);
  const noon = event("echo#1").time;
  const tell = (seq: number, time: number, remote: string) =>
    feed.add(event("echo#1", { seq, time, remote, text: remote }));
  tell(90, noon, "127.0.0.1:1");
  tell(91, noon + 1, "127.0.0.1:1");
  tell(90, noon, "127.0.0.1:1");
  expect(feed.received).toBe(2);
  tell(3, noon + 5000, "127.0.0.1:2");
  expect(feed.received).toBe(3);
  const labels = () =>
    feed.list.rows.flatMap((row) => (row.is === "gap" ? [] : [row.is, row.occupant.label]));
  const expected = [
    "event",
    "127.0.0.1:1",
    "event",
    "127.0.0.1:1",
    "join",
    "127.0.0.1:2",
    "event",
    "127.0.0.1:2",
  ];
  expect(labels()).toEqual(expected);
  // The same again when the filter makes new rows of it.
  feed.setFilter({ ...allTraffic, text: "127" });
  expect(labels()).toEqual(expected);
});
