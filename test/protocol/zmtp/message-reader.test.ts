import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeCommand, encodeMessage } from "../../../src/protocol/zmtp/frame.ts";
import { MessageReader } from "../../../src/protocol/zmtp/message-reader.ts";
import { ZmtpError } from "../../../src/protocol/zmtp/zmtp-error.ts";
import { message as independent } from "../../support/zmtp.ts";

const limits = { message: 2000, setting: "maxMessageSize", parts: 8, command: 300 };

/** Reads, and copies what it has read. */
function recorder(some: Partial<typeof limits> = {}, stopAfter = Number.POSITIVE_INFINITY) {
  const read: string[] = [];
  const reader: MessageReader = new MessageReader(
    {
      message: (parts) => {
        read.push(parts.map((part) => Buffer.from(part).toString("hex")).join("|"));
        if (read.length % stopAfter === 0) reader.stop();
      },
      command: (body) => void read.push(`command ${Buffer.from(body).toString("hex")}`),
    },
    { ...limits, ...some },
  );
  return { reader, read };
}

const parts = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 4 });
const frames = fc.array(
  fc.oneof(
    parts.map((parts) => ({
      bytes: encodeMessage(parts),
      shown: parts.map((part) => Buffer.from(part).toString("hex")).join("|"),
    })),
    fc.uint8Array({ maxLength: 280 }).map((body) => ({
      bytes: encodeCommand(body),
      shown: `command ${Buffer.from(body).toString("hex")}`,
    })),
  ),
  { maxLength: 12 },
);

/** The bytes in pieces, each in memory that is overwritten once it has been read. */
function feed(bytes: Uint8Array, cuts: readonly number[], read: (chunk: Uint8Array) => void): void {
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let at = 0;
  for (const end of ends) {
    const chunk = Buffer.from(bytes.subarray(at, end));
    read(chunk);
    chunk.fill(0xdd);
    at = end;
  }
}

describe("MessageReader", () => {
  test("reads the same messages however their bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
        const { reader, read } = recorder();
        feed(Buffer.concat(frames.map(({ bytes }) => bytes)), cuts, (chunk) => reader.read(chunk));
        expect(read).toEqual(frames.map(({ shown }) => shown));
        expect(reader.held).toBe(0);
        expect(reader.isWithinMessage).toBe(false);
      }),
    );
  });

  test("reads on after each stop, and loses nothing", () => {
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 3 }),
        (frames, cuts, stopAfter) => {
          const { reader, read } = recorder({}, stopAfter);
          feed(Buffer.concat(frames.map(({ bytes }) => bytes)), cuts, (chunk) => reader.read(chunk));
          for (let left = reader.held; left > 0 && read.length < frames.length; left--) reader.resume();
          expect(read).toEqual(frames.map(({ shown }) => shown));
        },
      ),
    );
  });

  test("reads what an encoder that is not ours has written", () => {
    const { reader, read } = recorder();
    reader.read(independent("", "Hello", "x".repeat(300)));
    expect(read).toEqual([`|${Buffer.from("Hello").toString("hex")}|${"78".repeat(300)}`]);
  });

  test.each([0, 1, 255, 256, 257, 65_536])("writes a part of %d bytes as another encoder does", (length) => {
    const part = new Uint8Array(length).fill(7);
    expect(Buffer.from(encodeMessage([part, part]))).toEqual(Buffer.from(independent(part, part)));
  });

  test("holds as much as has come, not as much as was announced", () => {
    const { reader } = recorder({ message: 1_000_000_000 });
    reader.read(Buffer.from([2, 0, 0, 0, 0, 0x30, 0, 0, 0, 1, 2, 3]));
    expect(reader.held).toBe(12);
    expect(reader.isWithinMessage).toBe(true);
  });

  test.each([
    [
      "a frame beyond the limit",
      [2, 0, 0, 0, 0, 0, 0, 7, 209],
      "its message has 2001 bytes or more, and maxMessageSize is 2000",
    ],
    [
      "a frame of all the memory there is",
      [2, 0x7f, 255, 255, 255, 255, 255, 255, 255],
      "maxMessageSize is 2000",
    ],
    [
      "a frame of a length that is negative elsewhere",
      [2, 255, 255, 255, 255, 255, 255, 255, 255],
      "maxMessageSize is 2000",
    ],
    [
      "a part that makes its message too long, after the first",
      [3, 0, 0, 0, 0, 0, 0, 7, 0xcf, ...new Uint8Array(1999), 0, 2],
      "its message has 2001 bytes or more",
    ],
    ["too many parts", Array.from({ length: 9 }, () => [1, 0]).flat(), "its message has more than 8 parts"],
    [
      "a long command",
      [6, 0, 0, 0, 0, 0, 0, 1, 45],
      "it announced a command of 301 bytes, and 300 are allowed",
    ],
  ])("refuses %s by its header", (_, bytes, why) => {
    const { reader, read } = recorder();
    reader.read(encodeMessage([Buffer.from("first")]));
    expect(() => reader.read(Buffer.from(bytes))).toThrow(why);
    expect(read.length).toBe(1);
  });

  test("refuses the first frame of any message where none is expected", () => {
    const { reader } = recorder({ parts: 0, message: 0 });
    reader.read(encodeCommand(Buffer.from("x")));
    expect(() => reader.read(Buffer.from([1, 0]))).toThrow(ZmtpError);
  });
});
