import { describe, expect, test } from "bun:test";
import { cutAt, packetsIn, publishedAfterRelease } from "./mqtt-frames.ts";
import { connack, connect, packet, publish } from "./mqtt-packets.ts";

const qos2 = (id: number, payload: string, dup = 0) =>
  packet(0x34 | dup, "a/b", [0, id], Buffer.from(payload));
const pubrel = (id: number) => packet(0x62, [0, id]);
const pubrec = (id: number) => packet(0x50, [0, id]);

test("packets are found in recorded bytes, the last of them incomplete", () => {
  const long = publish("a", "x".repeat(300));
  const bytes = Buffer.concat([connect("c"), long, pubrel(1).subarray(0, 3)]);
  const start = connect("c").length;
  expect(packetsIn(bytes).map(({ type, start: at, end }) => [type, at, end])).toEqual([
    [1, 0, start],
    [3, start, start + long.length],
    [6, start + long.length, start + long.length + 4],
  ]);
  expect(packetsIn(long.subarray(0, 2))).toEqual([]);
});

test("a connection is cut before, inside and after a packet, and not until enough has been sent", () => {
  const bytes = Buffer.concat([connack, pubrec(1), pubrec(2)]);
  const at = (place: "before" | "inside" | "after", count: number) =>
    cutAt({ from: "server", type: "pubrec", nth: 2, place }).at(bytes.subarray(0, count));
  expect([at("before", 8), at("before", 9), at("before", 10)]).toEqual([undefined, undefined, 8]);
  expect([at("inside", 10), at("after", 11), at("after", 12)]).toEqual([10, undefined, 12]);
});

describe("a message is published again after its release", () => {
  test("only when PUBLISH follows PUBREL with the same identifier and the same payload", () => {
    const again = (...packets: Buffer[]) => [...publishedAfterRelease(packets, false)];
    expect(again(qos2(1, "x"), qos2(1, "x", 8), pubrel(1), pubrel(1), qos2(1, "y"), qos2(2, "x"))).toEqual(
      [],
    );
    expect(again(qos2(1, "x"), pubrel(1), pubrel(1), qos2(1, "x"))).toEqual([["x", 1]]);
    expect(again(qos2(1, "x", 8), pubrel(1), qos2(1, "x", 8), qos2(1, "x", 8))).toEqual([["x", 1]]);
    expect(again(qos2(1, "x"), pubrel(1), qos2(1, "x"), pubrel(1), qos2(1, "x"))).toEqual([["x", 2]]);
    expect(again(qos2(1, "x"), pubrel(1), qos2(1, "x").subarray(0, 8))).toEqual([]);
  });

  test("in MQTT 5, too, whose packets hold properties", () => {
    const five = (id: number, payload: string) => packet(0x34, "a", [0, id, 2, 1, 1], Buffer.from(payload));
    expect([...publishedAfterRelease([five(1, "x"), pubrel(1), five(1, "x")], true)]).toEqual([["x", 1]]);
  });
});
