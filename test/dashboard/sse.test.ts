import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SseParser } from "../../src/dashboard/page/api/sse.ts";

const stream =
  'event: traffic\nid: 7\ndata: {"seq":7}\n\n: keep-alive\n\ndata: a\r\ndata: b\r\n\r\nevent: ready\ndata:{}\n\n';
const events = [
  { event: "traffic", data: '{"seq":7}', id: "7" },
  { event: "message", data: "a\nb", id: "7" },
  { event: "ready", data: "{}", id: "7" },
];

describe("server-sent events", () => {
  test("are read with their names, ids and lines, and comments are passed over", () => {
    expect(new SseParser().push(stream)).toEqual(events);
  });

  test("are the same however the stream is cut", () => {
    const cuts = fc.array(fc.nat(stream.length), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (places) => {
        const parser = new SseParser();
        const borders = [0, ...places.sort((a, b) => a - b), stream.length];
        const pieces = borders.slice(1).map((end, index) => stream.slice(borders[index], end));
        expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(events);
      }),
    );
  });

  test("an event without data is none", () => {
    expect(new SseParser().push("event: ready\n\n")).toEqual([]);
  });
});
