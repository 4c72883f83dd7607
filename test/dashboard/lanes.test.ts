import { describe, expect, test } from "bun:test";
import { formatAddress, parseAddress } from "../../src/dashboard/page/wire/address.ts";
import { excerpt } from "../../src/dashboard/page/wire/excerpt.ts";
import { asMermaid } from "../../src/dashboard/page/wire/export-mermaid.ts";
import { asText } from "../../src/dashboard/page/wire/export-text.ts";
import { allTraffic, passes } from "../../src/dashboard/page/wire/filter.ts";
import { connectionLabel } from "../../src/dashboard/page/wire/labels.ts";
import { laneLabel, maxLanes } from "../../src/dashboard/page/wire/lanes.ts";
import { chooseLanes, columnOf, layOut, servicesOf } from "../../src/dashboard/page/wire/layout.ts";
import { headLabel, lifelines } from "../../src/dashboard/page/wire/lifelines.ts";
import { rowShapes } from "../../src/dashboard/page/wire/row-shapes.ts";
import { rowSize } from "../../src/dashboard/page/wire/row-size.ts";
import { threadOf } from "../../src/dashboard/page/wire/thread-of.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const size = { width: 800, left: 100, minStep: 100, maxStep: 300 };

describe("lanes", () => {
  test("one connection after another shares one lane", () => {
    const { list } = feedOf([...echoConversation(1), ...echoConversation(2), ...echoConversation(3)]);
    expect(list.lanes.lanes("echo")).toHaveLength(1);
    const labels = list.lanes.lanes("echo")[0]?.peers.map(({ label }) => label);
    expect(labels).toEqual(["127.0.0.1:40001", "127.0.0.1:40002", "127.0.0.1:40003"]);
  });

  test("connections at the same time have a lane each, on both sides of their service", () => {
    const { list } = feedOf([
      event("echo#1", { kind: "open" }),
      event("echo#2", { kind: "open" }),
      event("echo#3", { kind: "open" }),
    ]);
    const { columns } = layOut(["echo"], list.lanes, size);
    const labels = columns.map(headLabel);
    expect(labels).toEqual(["127.0.0.1:40003", "127.0.0.1:40001", "echo", "127.0.0.1:40002"]);
    expect(columns.map(({ x }) => x)).toEqual([188, 363, 538, 713]);
  });

  test("an MQTT client is labelled with its client id once that is known, also in earlier rows", () => {
    const { list } = feedOf([
      event("mqtt#1", { kind: "open" }),
      event("mqtt#1", { fields: { client: "sensor" } }),
      event("mqtt#1"),
    ]);
    const labels = list.rows.map((row) => (row.is === "gap" ? "" : row.peer.label));
    expect(labels).toEqual(["sensor", "sensor", "sensor"]);
  });

  test("further peers share the last lane", () => {
    const { list } = feedOf(
      Array.from({ length: 100 }, (_, index) => event(`echo#${index}`, { kind: "open" })),
    );
    const lanes = list.lanes.lanes("echo");
    expect(lanes).toHaveLength(maxLanes + 1);
    expect(lanes.at(-1)?.peers.map(({ label }) => label)).toEqual(["others"]);
  });

  test("a new conversation of an address ends the one before, even without a close", () => {
    const { list } = feedOf([event("udp#1"), event("udp#2", { remote: "127.0.0.1:40001" })]);
    expect(list.lanes.lanes("udp")).toHaveLength(1);
  });

  test("a new peer on a used lane is announced, also when its open was sampled out", () => {
    const { list } = feedOf([...echoConversation(1), event("echo#2")]);
    const joins = list.rows.map((row) => row.is === "event" && row.joins);
    expect(joins).toEqual([false, false, false, false, true]);
  });

  test("a lane has one name for its whole length: a client's, or the host of several without one", () => {
    const { list } = feedOf([
      event("mqtt#1", { kind: "open" }),
      event("mqtt#1", { kind: "close" }),
      event("mqtt#2", { kind: "open" }),
      event("mqtt#2", { fields: { client: "sensor-dapur" } }),
      event("mqtt#2", { kind: "close" }),
      event("mqtt#3", { kind: "open" }),
      event("mqtt#3", { fields: { client: "sensor-kamar" } }),
      event("mqtt#3", { kind: "close" }),
      event("mqtt#4", { fields: { client: "sensor-dapur" } }),
    ]);
    const lanes = list.lanes.lanes("mqtt");
    expect(lanes.map(laneLabel)).toEqual(["127.0.0.1:40001", "sensor-dapur", "sensor-kamar"]);
    expect(lanes.map(({ peers }) => peers.map(({ conversation }) => conversation))).toEqual([
      ["mqtt#1"],
      ["mqtt#2", "mqtt#4"],
      ["mqtt#3"],
    ]);
    // The rows before its name was known are on its lane, too.
    for (const row of list.rows) if (row.is === "event") expect(row.peer.lane.peers).toContain(row.peer);
    const web = feedOf([...echoConversation(1), ...echoConversation(2)]);
    expect(web.list.lanes.lanes("echo").map(laneLabel)).toEqual(["127.0.0.1"]);
  });

  test("peers that talk most have lanes of their own, as far as there is room, and the others share one", () => {
    const events = ["a", "b", "c", "b", "c", "c"].map((client) =>
      event(`mqtt#${client}`, { fields: { client } }),
    );
    const { list } = feedOf([...events, event("echo#1")]);
    const services = ["mqtt", "echo"];
    const shown = (room: number) => {
      const choice = chooseLanes(list.rows, services, room, new Set());
      return layOut(services, list.lanes, size, choice).columns.map(headLabel);
    };
    expect(shown(6)).toEqual(["c", "a", "mqtt", "b", "127.0.0.1:40001", "echo"]);
    expect(shown(5)).toEqual(["others", "c", "mqtt", "127.0.0.1:40001", "echo"]);
    expect(shown(2)).toEqual(["others", "mqtt", "127.0.0.1:40001", "echo"]);
    const layout = layOut(services, list.lanes, size, chooseLanes(list.rows, services, 5, new Set()));
    for (const row of list.rows) if (row.is === "event") expect(columnOf(layout, row.peer)).toBeDefined();
  });

  test("a peer that had a lane keeps it against one that talks a little more", () => {
    const { list } = feedOf(
      ["a", "b", "b", "c", "a", "b"].map((client) => event(`mqtt#${client}`, { fields: { client } })),
    );
    const [a, b, c] = list.lanes.lanes("mqtt");
    expect([...chooseLanes(list.rows, ["mqtt"], 3, new Set()).lanes]).toEqual([b!]);
    expect([...chooseLanes(list.rows, ["mqtt"], 3, new Set([a!])).lanes]).toEqual([a!]);
    expect([...chooseLanes(list.rows, ["mqtt"], 3, new Set([c!])).lanes]).toEqual([b!]);
  });

  test("services stand in the order of the configuration, unknown ones last", () => {
    const { list } = feedOf([event("new#1"), event("time#1"), event("echo#1")]);
    expect(servicesOf(list.rows, ["echo", "rest", "time"])).toEqual(["echo", "time", "new"]);
  });
});

describe("the threads of a service", () => {
  const { list } = feedOf([
    event("time/2#1", { text: "Received from client: TIME (thread 2)" }),
    event("time/1#1", { remote: "127.0.0.1:40002" }),
    event("echo#1"),
  ]);
  const services = servicesOf(list.rows, ["time", "echo"]);
  const layout = layOut(services, list.lanes, size, chooseLanes(list.rows, services, 9, new Set()));

  test("are lanes of their own", () => {
    expect(layout.columns.map(headLabel)).toEqual([
      "127.0.0.1:40001",
      "time · thread 1",
      "time · thread 2",
      "127.0.0.1:40002",
      "127.0.0.1:40001",
      "echo",
    ]);
  });

  test("have the arrows of the connections that they serve", () => {
    const x = (thread: number) => layout.columns.find((column) => column.thread === thread)?.x;
    const heads = list.rows.slice(0, 2).map((row) => {
      const arrow = rowShapes(row, 0, layout, () => 0).find(({ look }) => look === "arrow");
      return arrow?.is === "line" ? arrow.x2 : 0;
    });
    expect(heads[0]).toBeCloseTo(x(2)! - 8.5);
    expect(heads[1]).toBeCloseTo(x(1)! + 8.5);
    expect(rowShapes(list.rows[0]!, 0, layout, () => 0)).toContainEqual(
      expect.objectContaining({ look: "label", text: "TIME" }),
    );
  });

  test("are named by the event where it says so", () => {
    expect(threadOf(event("time#1", { thread: 3 }))).toBe(3);
    expect(threadOf(event("mqtt/websocket#1"))).toBeUndefined();
  });

  test("can be followed, and stand in exports", () => {
    const lane = { service: "time", peer: "", thread: 2 };
    expect(passes(event("time/2#1"), "", { ...allTraffic, lane })).toBe(true);
    expect(passes(event("time/1#1"), "", { ...allTraffic, lane })).toBe(false);
    const address = { filter: { ...allTraffic, lane }, range: undefined };
    expect(parseAddress(formatAddress(address))).toEqual(address);
    const part = excerpt("x", list.rows);
    expect(asText(part)).toContain("127.0.0.1:40001 -> time · thread 2  TIME\n");
    expect(asMermaid(part, ["time", "echo"])).toMatch(
      /participant (s\d) as time · thread 2\n[\s\S]*->>\1: \S+ TIME\n/,
    );
  });
});

describe("a connection to an iterative server that serves another one", () => {
  const open = (number: number, rest = {}) => event(`echo#${number}`, { kind: "open", ...rest });
  const lines = (events: Parameters<typeof feedOf>[0]) => {
    const { list } = feedOf(events);
    const layout = layOut(["echo"], list.lanes, size);
    const y = (row: number) => row * 100;
    return lifelines(layout, 0, list.rows.length - 1, y, () => 0).flatMap((shape) =>
      shape.is === "line" && shape.look === "life-waits" ? [[shape.y1, shape.y2]] : [],
    );
  };

  test("waits until that one has left", () => {
    const { arrow } = rowSize(36);
    const events = [open(1), open(2, { waits: true }), event("echo#1"), event("echo#1", { kind: "close" })];
    expect(lines(events)).toEqual([[100 + arrow, 300 + arrow]]);
    expect(lines(events.slice(0, 3))).toEqual([[100 + arrow, 300]]);
  });

  test("is next in the order of arrival, and not when another that waits gives up", () => {
    const { list } = feedOf([
      open(1),
      open(2, { waits: true }),
      open(3, { waits: true }),
      event("echo#2", { kind: "close" }),
      event("echo#1", { kind: "close" }),
    ]);
    const waits = list.rows.flatMap((row) =>
      row.is === "event" && row.event.kind === "open" ? [row.peer.waits] : [],
    );
    expect(waits).toEqual([undefined, { until: undefined }, { until: 4 }]);
  });

  test("is served at the latest when it is answered", () => {
    const { list } = feedOf([open(2, { waits: true }), event("echo#2", { direction: "out" })]);
    const [row] = list.rows;
    expect(row?.is === "event" && row.peer.waits?.until).toBe(1);
    expect(row?.is === "event" && connectionLabel(row.event)).toBe("connected, waits");
  });
});
