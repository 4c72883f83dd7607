import { describe, expect, test } from "bun:test";
import { checkNames, choose, nameOf } from "./choice.ts";

const rows = [
  { group: "echo", title: "64 B, 1 connection" },
  { group: "mqtt", title: "QoS 0, 1 -> 1" },
  { group: "mqtt", title: "QoS 0, 1 -> 10" },
  { group: "mqtt", title: "1,000,000 retained messages", isHeavy: true },
];

const chosen = (names: readonly string[], isFull = false) => choose(rows, names, isFull).map(nameOf);

describe("the rows of the bench", () => {
  test("are named by their group and the words of their title", () => {
    expect(rows.map(nameOf)).toEqual([
      "echo/64-b-1-connection",
      "mqtt/qos-0-1-1",
      "mqtt/qos-0-1-10",
      "mqtt/1000000-retained-messages",
    ]);
  });

  test("are all chosen when none is named, except those that take minutes", () => {
    expect(chosen([])).toEqual(["echo/64-b-1-connection", "mqtt/qos-0-1-1", "mqtt/qos-0-1-10"]);
    expect(chosen([], true)).toHaveLength(4);
  });

  test("are chosen by group, by name, and by the words that a name begins with", () => {
    expect(chosen(["mqtt"])).toEqual(["mqtt/qos-0-1-1", "mqtt/qos-0-1-10"]);
    expect(chosen(["mqtt/qos-0-1-1"])).toEqual(["mqtt/qos-0-1-1"]);
    expect(chosen(["mqtt/qos-0"])).toEqual(["mqtt/qos-0-1-1", "mqtt/qos-0-1-10"]);
    expect(chosen(["echo", "mqtt/qos-0-1-10"])).toEqual(["echo/64-b-1-connection", "mqtt/qos-0-1-10"]);
  });

  test("that take minutes are chosen by name, or with the rest of their group with --full", () => {
    expect(chosen(["mqtt/1000000"])).toEqual(["mqtt/1000000-retained-messages"]);
    expect(chosen(["mqtt"], true)).toContain("mqtt/1000000-retained-messages");
  });

  test("the error for an unknown name lists the groups, or those of the group", () => {
    expect(() => checkNames(rows, ["ehco"])).toThrow('there is no benchmark "ehco". There are echo, mqtt');
    expect(() => checkNames(rows, ["echo/65"])).toThrow(
      'no benchmark "echo/65". There are echo/64-b-1-connection',
    );
    expect(() => checkNames(rows, ["mq"])).toThrow('there is no benchmark "mq"');
    expect(() => checkNames(rows, ["mqtt", "mqtt/qos-0"])).not.toThrow();
  });
});
