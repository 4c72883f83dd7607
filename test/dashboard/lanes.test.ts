import { describe, expect, test } from "bun:test";
import { laneLabel, maxLanes } from "../../src/dashboard/page/wire/lanes.ts";
import { chooseLanes, columnOf, layOut, servicesOf } from "../../src/dashboard/page/wire/layout.ts";
import { headLabel } from "../../src/dashboard/page/wire/lifelines.ts";
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
