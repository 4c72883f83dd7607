import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  parseShare,
  topicDepth,
  topicFilterMistake,
  topicMatches,
  topicNameMistake,
} from "../../../src/protocol/mqtt/topic.ts";

// The examples of section 4.7, and what follows from them.
const matches: readonly (readonly [string, string])[] = [
  ["sport/tennis/player1/#", "sport/tennis/player1"],
  ["sport/tennis/player1/#", "sport/tennis/player1/ranking"],
  ["sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon"],
  ["sport/#", "sport"],
  ["#", "sport/tennis"],
  ["sport/tennis/+", "sport/tennis/player1"],
  ["sport/+", "sport/"],
  ["+/+", "/finance"],
  ["/+", "/finance"],
  ["$SYS/#", "$SYS/broker/uptime"],
  ["$SYS/monitor/+", "$SYS/monitor/Clients"],
  ["+/tennis/#", "sport/tennis"],
];

const misses: readonly (readonly [string, string])[] = [
  ["sport/tennis/+", "sport/tennis/player1/ranking"],
  ["sport/+", "sport"],
  ["+", "/finance"],
  ["#", "$SYS/broker/uptime"],
  ["+/monitor/Clients", "$SYS/monitor/Clients"],
  ["sport", "Sport"],
  ["sport", "sport/"],
  ["a/b", "a"],
];

describe("a topic filter", () => {
  for (const [filter, topic] of matches) {
    test(`${filter} matches ${topic}`, () => expect(topicMatches(filter, topic)).toBe(true));
  }
  for (const [filter, topic] of misses) {
    test(`${filter} does not match ${topic}`, () => expect(topicMatches(filter, topic)).toBe(false));
  }

  test("without wildcards matches itself and nothing else", () => {
    const topic = fc.string({ minLength: 1 }).filter((text) => !/[+#\0]/.test(text));
    fc.assert(
      fc.property(topic, topic, (one, other) => topicMatches(one, other) === (one === other)),
      { numRuns: 200 },
    );
  });

  test.each(["#", "+", "+/#", "a/+/b", "/", "//", "$SYS/#", "a/#"])("%s is correct", (filter) => {
    expect(topicFilterMistake(filter)).toBeUndefined();
  });

  test.each(["", "#/a", "#/", "a/#/", "a#", "a/b#", "a/+b", "a+/b", "##", "a\0b"])(
    "%j is not correct",
    (filter) => {
      expect(topicFilterMistake(filter)).toBeString();
    },
  );
});

test("a topic name holds no wildcard, no U+0000 and at least one character", () => {
  expect(topicNameMistake("sister/temp °C/ ")).toBeUndefined();
  for (const topic of ["", "a/+", "#", "a\0"]) expect(topicNameMistake(topic)).toBeString();
});

test("levels are counted as the separators make them", () => {
  expect(["a", "a/b", "/", "a//b", ""].map(topicDepth)).toEqual([1, 2, 2, 3, 1]);
});

test("a shared subscription is taken apart, or it is none [MQTT-4.8.2-1] [MQTT-4.8.2-2]", () => {
  expect(parseShare("$share/workers/sister/#")).toEqual({ group: "workers", filter: "sister/#" });
  expect(parseShare("$share/workers//")).toEqual({ group: "workers", filter: "/" });
  for (const wrong of ["$share/workers", "$share//a", "$share/a+/b", "$share/a/", "share/a/b"]) {
    expect(parseShare(wrong)).toBeUndefined();
  }
});
