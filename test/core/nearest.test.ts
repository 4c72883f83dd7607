import { expect, test } from "bun:test";
import { nearest } from "../../src/core/nearest.ts";

const services = ["mqtt", "echo", "file-echo", "rest", "zmq-rep", "zmq-push", "udp", "oneway"];

test.each([
  ["mqt", "mqtt"],
  ["MQTT", "mqtt"],
  ["ecoh", "echo"],
  ["upd", undefined],
  ["tcp", undefined],
  ["soap", undefined],
  ["file", "file-echo"],
  ["onew", "oneway"],
  ["zmq-", undefined],
])("%s is meant for %p", (word, meant) => {
  expect(nearest(word, services)).toBe(meant);
});

test("the nearest of several is found, and the first of those that are as near", () => {
  expect(nearest("zmq-pus", ["zmq-rep", "zmq-push"])).toBe("zmq-push");
  expect(nearest("aaaa", ["aaab", "aaac"])).toBe("aaab");
});
