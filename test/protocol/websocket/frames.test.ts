import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { closeFrame, writeHeader } from "../../../src/protocol/websocket/frame.ts";
import { FrameReader } from "../../../src/protocol/websocket/frame-reader.ts";
import { WebSocketError } from "../../../src/protocol/websocket/websocket-error.ts";
import { type FrameOptions, frame, readFrames } from "../../support/web-socket-frames.ts";

/** What a reader makes of bytes that come in pieces of `size`. */
function read(bytes: Uint8Array, size = bytes.length) {
  const heard: Buffer[] = [];
  const events: string[] = [];
  const reader = new FrameReader({
    data: (data) => void heard.push(Buffer.from(data)),
    ping: (payload) => void events.push(`ping ${Buffer.from(payload)}`),
    close: (code) => void events.push(`close ${code} after ${Buffer.concat(heard)}`),
  });
  let mistake: unknown;
  try {
    for (let at = 0; at < bytes.length; at += size)
      reader.read(Uint8Array.from(bytes.subarray(at, at + size)));
  } catch (error) {
    mistake = error;
  }
  return { data: Buffer.concat(heard), calls: heard.length, events, mistake };
}

test("[MQTT-6.0.0-2] what frames carry is one stream, however they and the chunks are cut", () => {
  const message = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.integer({ min: 1, max: 700 }), (messages, size) => {
      const frames = messages.flatMap((parts) =>
        parts.map((part, i) => frame(part, { opcode: i === 0 ? 2 : 0, fin: i === parts.length - 1 })),
      );
      const { data, mistake } = read(Buffer.concat(frames), size);
      expect(mistake).toBeUndefined();
      expect(data).toEqual(Buffer.concat(messages.flat()));
    }),
  );
});

test("many small frames in a chunk are handed on at once", () => {
  const frames = Array.from({ length: 1000 }, (_, i) => frame(`${i};`));
  const { data, calls } = read(Buffer.concat(frames));
  expect(calls).toBe(1);
  expect(data.toString()).toBe(Array.from({ length: 1000 }, (_, i) => `${i};`).join(""));
});

test("each way to write a length is read and written", () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 200_000]) {
    const payload = Buffer.alloc(length, "abcdefg");
    expect(read(frame(payload), 1 + (length >> 3)).data.equals(payload)).toBe(true);
    const header = new Uint8Array(10);
    const size = writeHeader(header, 2, length);
    expect(readFrames(Buffer.concat([header.subarray(0, size), payload]))).toEqual([[2, payload]]);
  }
});

test("a control frame may come between the frames of a message", () => {
  const bytes = Buffer.concat([
    frame("ha", { fin: false }),
    frame("are you there", { opcode: 9 }),
    frame("lo", { opcode: 0 }),
  ]);
  for (const size of [1, 7, bytes.length]) {
    const { data, events, mistake } = read(bytes, size);
    expect({ data: data.toString(), events, mistake }).toEqual({
      data: "halo",
      events: ["ping are you there"],
      mistake: undefined,
    });
  }
});

test("what was said before a close frame is heard before it, and nothing after it", () => {
  const close = frame(Uint8Array.of(1000 >> 8, 1000 & 0xff), { opcode: 8 });
  const { data, events } = read(Buffer.concat([frame("last"), close, frame("words")]));
  expect({ data: data.toString(), events }).toEqual({ data: "last", events: ["close 1000 after last"] });
  expect(read(frame("", { opcode: 8 })).events).toEqual(["close 1005 after "]);
});

describe("a client breaks the rules with", () => {
  const broken: readonly [string, number, string | Uint8Array, FrameOptions][] = [
    ["a text frame [MQTT-6.0.0-1]", 1003, "text", { opcode: 1 }],
    ["a frame that is not masked", 1002, "bare", { masked: false }],
    ["a reserved bit (compression)", 1002, "x", { reserved: 0x40 }],
    ["a data opcode that does not exist", 1002, "x", { opcode: 3 }],
    ["a control opcode that does not exist", 1002, "", { opcode: 11 }],
    ["a continuation of nothing", 1002, "x", { opcode: 0 }],
    ["a ping in two frames", 1002, "x", { opcode: 9, fin: false }],
    ["a ping of 126 bytes", 1002, Buffer.alloc(126), { opcode: 9 }],
    ["a length written too long", 1002, "x", { lengthBits: 16 }],
    ["a length written far too long", 1002, Buffer.alloc(200), { lengthBits: 64 }],
    ["a length of 65,535 in eight bytes", 1002, "", { announced: 65_535n, lengthBits: 64 }],
    ["a length of 125 in two bytes", 1002, "", { announced: 125n, lengthBits: 16 }],
    ["a length of 2^63", 1002, "", { announced: 1n << 63n }],
    ["a close frame of one byte", 1002, "x", { opcode: 8 }],
    ["a close code that nobody may send", 1002, Uint8Array.of(1006 >> 8, 1006 & 0xff), { opcode: 8 }],
  ];
  test.each(broken)("%s: %d", (_, code, payload, options) => {
    const { mistake, data } = read(Buffer.concat([frame("before"), frame(payload, options)]), 5);
    expect(mistake).toBeInstanceOf(WebSocketError);
    expect(mistake).toMatchObject({ code });
    expect(data.toString()).toBe("before");
  });

  test("a message within another: 1002", () => {
    const { mistake } = read(Buffer.concat([frame("a", { fin: false }), frame("b")]));
    expect(mistake).toMatchObject({ code: 1002 });
  });
});

test("a close frame's reason is cut to what fits, between characters", () => {
  const [[opcode, payload] = [0, Buffer.alloc(0)]] = readFrames(
    Buffer.from(closeFrame(1002, "°".repeat(100))),
  );
  expect(opcode).toBe(8);
  expect(payload.readUInt16BE(0)).toBe(1002);
  expect(payload.subarray(2).toString()).toBe("°".repeat(61));
});

test("what the handler throws at, before a close frame, is not handed over again", () => {
  let calls = 0;
  const data = () => {
    calls++;
    throw new Error("no");
  };
  const reader = new FrameReader({ data, ping: () => {}, close: () => {} });
  const bytes = Buffer.concat([frame("x"), frame(Buffer.alloc(2, 3), { opcode: 8 })]);
  expect(() => reader.read(Uint8Array.from(bytes))).toThrow("no");
  expect(calls).toBe(1);
});
