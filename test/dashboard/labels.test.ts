import { describe, expect, test } from "bun:test";
import { messageLabel } from "../../src/dashboard/page/wire/labels.ts";
import { layOut } from "../../src/dashboard/page/wire/layout.ts";
import { rowShapes } from "../../src/dashboard/page/wire/row-shapes.ts";
import { fitPeer, textWidth } from "../../src/dashboard/page/wire/text-width.ts";
import { event, feedOf } from "./events.ts";

const publish = {
  packet: "PUBLISH",
  topic: "sister/temp",
  qos: 0,
  retain: false,
  dup: false,
  payload: "28°C",
  size: 5,
};

describe("the label of an arrow", () => {
  test.each([
    [{}, 'PUBLISH sister/temp "28°C"'],
    [{ qos: 1 }, 'PUBLISH sister/temp qos 1 "28°C"'],
    [{ qos: 2, retain: true, dup: true }, 'PUBLISH sister/temp qos 2 retain dup "28°C"'],
    [{ payload: "", size: 0, retain: true }, "PUBLISH sister/temp retain (empty)"],
    [{ payload: "x".repeat(61), size: 2500 }, `PUBLISH sister/temp "${"x".repeat(60)}…" 2.5 kB`],
    [{ payload: "\u{1f600}".repeat(60), size: 240 }, `PUBLISH sister/temp "${"\u{1f600}".repeat(60)}"`],
  ])("a PUBLISH with %j is labelled %s", (fields, words) => {
    expect(messageLabel(event("mqtt#1", { text: "PUBLISH", fields: { ...publish, ...fields } }))).toBe(words);
  });

  test.each([
    ["Received from client: halo", "halo"],
    ["Sent to client: Echo: halo", "Echo: halo"],
    ["Received from ('127.0.0.1', 4000): Sent: 5", "Sent: 5"],
    ["Received: GET /add?a=5&b=9", "GET /add?a=5&b=9"],
    ['Sent: 200 {"result":14}', '200 {"result":14}'],
    ["Published: WAKTU", "WAKTU"],
    ["PUBACK id 7", "PUBACK id 7"],
  ])("%s is short: the arrow shows who spoke", (text, words) => {
    expect(messageLabel(event("echo#1", { text }))).toBe(words);
  });
});

describe("a peer's label in little room", () => {
  test("of an address the end stays, of a name the beginning", () => {
    expect(fitPeer("192.168.100.100:43210", 11.5, 90)).toMatch(/^….*:43210$/);
    expect(fitPeer("a-client-with-a-long-name", 11.5, 90)).toMatch(/^a-client.*…$/);
    expect(fitPeer("127.0.0.1:4000", 11.5, 200)).toBe("127.0.0.1:4000");
    for (const room of [40, 60, 90]) {
      expect(textWidth(fitPeer("192.168.100.100:43210", 11.5, room), 11.5)).toBeLessThanOrEqual(room);
    }
  });
});

describe("the label of an arrow outside of the visible part", () => {
  const { list } = feedOf([event("echo#1", { text: "halo" }), event("mqtt#1", { text: "hai" })]);
  const whole = layOut(["echo", "mqtt"], list.lanes, { width: 0, left: 100, minStep: 200, maxStep: 200 });
  const captions = (from: number, to: number) =>
    list.rows.map((row) => {
      const shapes = rowShapes(row, 0, { ...whole, visible: { from, to } }, () => 0);
      return shapes.find(({ look }) => look === "label");
    });

  test("stand at the edge that is nearest to it, with a sign", () => {
    const [near, far] = captions(0, 400);
    expect(near).toMatchObject({ text: "halo", x: 300 });
    expect(far).toMatchObject({ text: "hai ›" });
    expect(far).toHaveProperty("x", expect.closeTo(400 - 8 - textWidth("hai ›", 13) / 2));
    expect(captions(500, 900)[0]).toMatchObject({ text: "‹ halo" });
  });

  test("stand on the arrow where there is no edge", () => {
    expect(captions(0, whole.width).map((shape) => shape && "text" in shape && shape.text)).toEqual([
      "halo",
      "hai",
    ]);
  });
});
