import { describe, expect, test } from "bun:test";
import { formatAddress, parseAddress, type WireAddress } from "../../src/dashboard/page/wire/address.ts";
import { allTraffic, passes, type WireFilter } from "../../src/dashboard/page/wire/filter.ts";
import { inOrderOfOpening } from "../../src/dashboard/page/wire/opened.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const count = (filter: Partial<WireFilter>) => {
  const sensor = { fields: { client: "sensor" } };
  const feed = feedOf([
    event("mqtt#1", { kind: "open" }),
    event("mqtt#1", sensor),
    event("mqtt#1", { ...sensor, fields: { client: "sensor", topic: "a/b" } }),
    ...echoConversation(1),
    ...echoConversation(2),
  ]);
  feed.setFilter({ ...allTraffic, ...filter });
  return feed.list.rows.length;
};

describe("following", () => {
  test("a client's lane shows all of its rows, also those before its name was known", () => {
    expect(count({ lane: { service: "mqtt", peer: "sensor" } })).toBe(3);
    expect(count({ lane: { service: "echo", peer: "sensor" } })).toBe(0);
  });

  test("a host's lane shows its peers without a name, an address one of them, a service all", () => {
    expect(count({ lane: { service: "echo", peer: "127.0.0.1" } })).toBe(8);
    expect(count({ lane: { service: "echo", peer: "127.0.0.1:40002" } })).toBe(4);
    expect(count({ lane: { service: "echo", peer: "" } })).toBe(8);
    expect(count({ lane: { service: "mqtt", peer: "127.0.0.1" } })).toBe(0);
  });

  test("a connection or a topic shows no others", () => {
    expect(count({ connection: "echo#2" })).toBe(4);
    expect(count({ topic: "a/b" })).toBe(1);
  });

  test("shows only the gaps of what is followed", () => {
    const feed = feedOf([], { connection: "time/2#17" });
    feed.addLost({ service: "echo", kind: "message", count: 5 });
    feed.addLost({ service: "time", kind: "message", count: 7 });
    expect(feed.list.rows.map((row) => row.is === "gap" && row.count)).toEqual([7]);
  });

  test("finds a chosen message again among the rows that stay", () => {
    const feed = feedOf([...echoConversation(1), ...echoConversation(2)]);
    const [first, sixth] = [feed.list.rows[0]!, feed.list.rows[5]!];
    feed.setFilter({ ...allTraffic, connection: "echo#2" });
    expect(feed.list.find(sixth)?.no).toBe(1);
    expect(feed.list.find(first)).toBeUndefined();
  });
});

describe("the address", () => {
  const round = (address: WireAddress) => parseAddress(formatAddress(address));

  test("says nothing where everything is shown", () => {
    expect(formatAddress({ filter: allTraffic, range: undefined })).toBe("");
    expect(parseAddress("")).toEqual({ filter: allTraffic, range: undefined });
  });

  test("brings back every filter and the chosen time", () => {
    const address: WireAddress = {
      filter: {
        services: ["mqtt", "a,b & c"],
        client: "sensor 7",
        topic: "sister/+/#",
        text: "Suhu: 28°C?#/",
        kinds: ["bytes", "close"],
        lane: { service: "mqtt", peer: "127.0.0.1:40001" },
        connection: "time/2#17",
      },
      range: { from: 1_795_000_000_000.25, to: 1_795_000_000_900 },
    };
    expect(round(address)).toEqual(address);
    const lane = { service: "echo", peer: "" };
    expect(round({ filter: { ...allTraffic, lane }, range: undefined }).filter.lane).toEqual(lane);
  });

  test("takes what it does not understand for the usual", () => {
    expect(parseAddress("from=soon&to=5&kinds=x+message&what=ever")).toEqual({
      filter: { ...allTraffic, kinds: ["message"] },
      range: undefined,
    });
    expect(parseAddress("from=9&to=5").range).toBeUndefined();
  });
});

test("what was opened last is closed first", () => {
  let order = inOrderOfOpening<"details" | "lane">([], { details: false, lane: true });
  order = inOrderOfOpening(order, { details: true, lane: true });
  expect(order).toEqual(["lane", "details"]);
  expect(inOrderOfOpening(order, { details: false, lane: true })).toEqual(["lane"]);
});

test("a name is compared with what the diagram shows", () => {
  const filter = { ...allTraffic, lane: { service: "echo", peer: "andi" } };
  expect(passes(event("echo#1"), "andi", filter)).toBe(true);
  expect(passes(event("echo#1"), "budi", filter)).toBe(false);
});
