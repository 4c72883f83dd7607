import { describe, expect, test } from "bun:test";
import { encodePong, encodeReady, parseCommand, readSocketType } from "../../../src/protocol/zmtp/command.ts";
import { checkGreeting, greeting } from "../../../src/protocol/zmtp/greeting.ts";
import { readyCommand, greeting as theirs } from "../../support/zmtp.ts";

const changed = (at: number, ...bytes: number[]) => {
  const copy = Buffer.from(theirs);
  copy.set(bytes, at);
  return copy;
};

describe("the greeting", () => {
  test("is that of libzmq 4.3: ZMTP 3.1 with the NULL mechanism", () => {
    const expected = `ff00000000000000017f03014e554c4c${"00".repeat(48)}`;
    expect(Buffer.from(greeting).toString("hex")).toBe(expected);
  });

  test("of a peer is accepted byte by byte, also of a later version", () => {
    for (const whole of [theirs, changed(10, 3, 1), changed(10, 4, 0), changed(1, 1, 2, 3, 4)]) {
      for (let end = 0; end <= 64; end++) expect(() => checkGreeting(whole.subarray(0, end))).not.toThrow();
    }
  });

  test.each([
    ["a web browser", Buffer.from("G"), "it does not speak ZeroMQ (ZMTP 3)"],
    ["an older signature", changed(9, 0).subarray(0, 10), "it does not speak ZeroMQ (ZMTP 3)"],
    [
      "version 1",
      changed(10, 1).subarray(0, 11),
      "it speaks version 1 of the protocol, and must speak 3 or later",
    ],
    [
      "version 2",
      changed(10, 2).subarray(0, 11),
      "it speaks version 2 of the protocol, and must speak 3 or later",
    ],
    ["CURVE", changed(12, ...Buffer.from("CURVE")), 'its security mechanism must be NULL, and is "CURVE"'],
  ])("of %s is refused as soon as it can be", (_, begun, why) => {
    expect(() => checkGreeting(begun)).toThrow(why);
    expect(() => checkGreeting(begun.subarray(0, -1))).not.toThrow();
  });
});

describe("READY", () => {
  const typeOf = (body: Uint8Array) => readSocketType(parseCommand(body));

  test("is encoded as another encoder does it", () => {
    expect(Buffer.from(encodeReady("REP")).toString("hex")).toBe(readyCommand("REP").toString("hex"));
  });

  test("says the type of the peer's socket, wherever it stands", () => {
    expect(typeOf(readyCommand("DEALER").subarray(2))).toBe("DEALER");
    const identity = "\x08Identity\0\0\0\x02me";
    expect(typeOf(Buffer.from(`\x05READY${identity}\x0bSOCKET-type\0\0\0\x03REQ`))).toBe("REQ");
  });

  test.each([
    ["\x05READY", "does not say the type"],
    ["\x05READY\x0bSocket-Type\0\0\0\xff", "a property that goes beyond its end"],
    ["\x05READY\x0bSocket", "a property that goes beyond its end"],
    ["\x05READY\x01a\xff\xff\xff\xff", "a property that goes beyond its end"],
    ["\x05ERROR\x03Why", 'must end with READY, and it sent "ERROR": "Why"'],
    ["\x05REA", "a command without a name"],
    ["\x00", "a command without a name"],
    ["", "a command without a name"],
  ])("%j is refused", (body, why) => {
    expect(() => typeOf(Buffer.from(body, "latin1"))).toThrow(why);
  });
});

test("a PING comes back with its context, cut to the 16 bytes that it may have", () => {
  const pong = (text: string) => Buffer.from(encodePong(parseCommand(Buffer.from(text)))).toString("latin1");
  expect(pong("\x04PING\0\0abc")).toBe("\x04\x08\x04PONGabc");
  expect(pong(`\x04PING\0\0${"x".repeat(20)}`)).toBe(`\x04\x15\x04PONG${"x".repeat(16)}`);
  expect(() => pong("\x04PING\0")).toThrow("a PING without its time to live");
});
