import { describe, expect, test } from "bun:test";
import { maxLanes } from "../../src/dashboard/page/wire/lanes.ts";
import { layOut, servicesOf } from "../../src/dashboard/page/wire/layout.ts";
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
    const labels = columns.map(({ lane }) => lane?.peers[0]?.label ?? "the service");
    expect(labels).toEqual(["127.0.0.1:40003", "127.0.0.1:40001", "the service", "127.0.0.1:40002"]);
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
      Array.from({ length: 50 }, (_, index) => event(`echo#${index}`, { kind: "open" })),
    );
    const lanes = list.lanes.lanes("echo");
    expect(lanes).toHaveLength(maxLanes + 1);
    expect(lanes.at(-1)?.peers.map(({ label }) => label)).toEqual(["others"]);
  });

  test("a new conversation of an address ends the one before, even without a close", () => {
    const { list } = feedOf([event("udp#1"), event("udp#2", { remote: "127.0.0.1:40001" })]);
    expect(list.lanes.lanes("udp")).toHaveLength(1);
  });

  test("a new peer on a used lane is announced when its open was sampled out", () => {
    const { list } = feedOf([...echoConversation(1), event("echo#2")]);
    expect(list.rows.map((row) => row.is)).toEqual(["event", "event", "event", "event", "join", "event"]);
  });

  test("services stand in the order of the configuration, unknown ones last", () => {
    const { list } = feedOf([event("new#1"), event("time#1"), event("echo#1")]);
    expect(servicesOf(list.rows, ["echo", "rest", "time"])).toEqual(["echo", "time", "new"]);
  });
});
