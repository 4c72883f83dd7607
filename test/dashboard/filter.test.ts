import { describe, expect, test } from "bun:test";
import {
  allTraffic,
  asQuery,
  passes,
  servicesOf,
  type WireFilter,
} from "../../src/dashboard/page/wire/filter.ts";
import { event } from "./events.ts";

const publish = event("mqtt#1", {
  text: "PUBLISH sister/temp",
  fields: { topic: "sister/temp", payload: "Suhu: 28" },
});
const lets = (filter: Partial<WireFilter>) => passes(publish, "sensor", { ...allTraffic, ...filter });

describe("the filter", () => {
  test.each([
    [{}, true],
    [{ services: ["mqtt", "echo"] }, true],
    [{ services: ["echo"] }, false],
    [{ client: "SENS" }, true],
    [{ client: "40001" }, true],
    [{ client: "other" }, false],
    [{ topic: "sister/#" }, true],
    [{ topic: "kelas/+" }, false],
    [{ kinds: ["open", "close"] }, false],
    [{ text: "suhu" }, true],
    [{ text: "kelembapan" }, false],
  ] as const)("%j lets a PUBLISH through: %p", (filter, isLet) => {
    expect(lets(filter)).toBe(isLet);
  });

  test("asks the server for open and close, shown or not: lanes are assigned by them", () => {
    expect(asQuery({ ...allTraffic, kinds: ["message"], services: ["a", "b"] })).toEqual({
      service: "a,b",
      topic: "",
      kind: "open,close,message",
    });
  });
});

const lane = { service: "mqtt", peer: "sensor" };
test.each([
  [{}, undefined],
  [{ services: ["echo", "mqtt", "rest"] }, undefined],
  [{ services: ["echo"] }, ["echo"]],
  [{ services: ["echo", "mqtt"], lane }, ["mqtt"]],
  [{ lane }, ["mqtt"]],
  [{ connection: "rest/2#17" }, ["rest"]],
  [{ services: ["echo"], lane }, ["echo"]],
  [{ services: ["gone"] }, ["gone"]],
  [{ connection: "gone#1" }, undefined],
  [{ client: "sensor", topic: "sister/#" }, undefined],
] as const)("%j shows something of the services %p, of which undefined is all", (filter, services) => {
  const found = servicesOf({ ...allTraffic, ...filter }, ["mqtt", "echo", "rest"]);
  expect(found).toEqual(services as string[] | undefined);
});

test.each([
  ["a/b", "a/b", true],
  ["a/+", "a/b", true],
  ["a/+", "a/b/c", false],
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["+/b", "/b", true],
  ["#", "$SYS/x", false],
  ["$SYS/#", "$SYS/x", true],
  ["a", "a/b", false],
])("the topic filter %s and the topic %s: %p section 4.7", (filter, topic, isMatch) => {
  expect(passes(event("mqtt#1", { fields: { topic } }), "", { ...allTraffic, topic: filter })).toBe(isMatch);
});
