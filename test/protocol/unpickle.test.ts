import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PickleError, unpickle } from "../../src/protocol/unpickle.ts";
import { needs, testWith } from "../support/needs.ts";
import { output } from "../support/program.ts";
import { python } from "../support/python.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const read = (hex: string) => unpickle(Uint8Array.fromHex(hex));

describe("unpickle", () => {
  test("reads a workload of the original demo", () => {
    expect(read("80044b472e")).toBe(71n);
  });

  test.each([
    ["a str", "80049508000000000000008c0468616c6f942e", "halo"],
    ["None", "80044e2e", null],
    ["True", "8004882e", true],
    ["False", "8004892e", false],
    ["a float", "8004950a00000000000000473ff80000000000002e", 1.5],
    ["an int without bytes", "80048a002e", 0n],
  ])("reads %s", (_, hex, expected) => {
    expect(read(hex)).toBe(expected);
  });

  test("reads bytes, as a copy", () => {
    const pickle = Uint8Array.fromHex("800495060000000000000043026861942e");
    const value = unpickle(pickle);
    pickle.fill(0);
    expect(value).toEqual(Uint8Array.of(0x68, 0x61));
  });

  test.each([
    ["I5\n.", 5n],
    ["I01\n.", true],
    ["I00\n.", false],
    ["L1180591620717411303424L\n.", 2n ** 70n],
    ["F1.5\n.", 1.5],
    ["F-inf\n.", Number.NEGATIVE_INFINITY],
    ["I-7\np0\n.", -7n],
  ])("reads the lines of protocol 0: %p", (text, expected) => {
    expect(unpickle(ascii(text))).toBe(expected);
  });

  testWith(needs.python)("reads what Python writes, in every protocol", async () => {
    const values = "71, -3, 2**40, 10**30, True, None, 1.25, 'h\\u00e9', 'x'*300, b'ab'";
    const program = `import pickle\nfor p in range(2, 6):\n for v in (${values}):\n  if p > 2 or v != b'ab': print(pickle.dumps(v, protocol=p).hex())`;
    const lines = (await output([python, "-c", program])).trim().split("\n");
    const plain = [71n, -3n, 2n ** 40n, 10n ** 30n, true, null, 1.25, "h\u00e9", "x".repeat(300)];
    const bytes = Uint8Array.of(0x61, 0x62);
    expect(lines.map(read)).toEqual([...plain, ...[3, 4, 5].flatMap(() => [...plain, bytes])]);
  });

  test("never executes anything: an opcode that imports or calls is refused", () => {
    const attacks = [
      "cos\nsystem\n(S'true'\ntR.",
      "\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93.",
      "(lp0\n.",
    ];
    for (const attack of attacks) expect(() => unpickle(Buffer.from(attack, "latin1"))).toThrow(PickleError);
    expect(() => unpickle(ascii("cos\nsystem\n."))).toThrow(
      "opcode 0x63 is not plain data (at byte 1 of 12)",
    );
  });

  test("refuses a length that the pickle does not have, without reserving it", () => {
    expect(() => read("80048effffffffffffffff2e")).toThrow("it is cut off");
    expect(() => read("80048bffffffff2e")).toThrow("it is cut off");
  });

  test("refuses what is not one value", () => {
    expect(() => read("80042e")).toThrow("without a value");
    expect(() => read("80044b014b022e")).toThrow("a second value");
    expect(() => read("80044b01")).toThrow("cut off");
    expect(() => unpickle(new Uint8Array(0))).toThrow("cut off");
    expect(() => read("80048c01ff2e")).toThrow("not UTF-8");
  });

  test("refuses a decimal that would take too long to convert", () => {
    expect(() => unpickle(ascii(`I${"9".repeat(10_001)}\n.`))).toThrow(PickleError);
  });

  test("answers any bytes with a value or a PickleError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          unpickle(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(PickleError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
