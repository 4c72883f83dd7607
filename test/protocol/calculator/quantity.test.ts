import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Quantity } from "../../../src/core/operation.ts";
import { formatQuantity, operandFromJson, parseOperand } from "../../../src/protocol/calculator/quantity.ts";
import { readJson } from "../../../src/protocol/json/read.ts";

describe("parseOperand", () => {
  test.each<[string, bigint]>([
    ["5", 5n],
    ["-10", -10n],
    ["+7", 7n],
    [" 7 ", 7n],
    ["\t7\n", 7n],
    ["\u00a07\u2003", 7n],
    ["\u001c7\u0085", 7n],
    ["007", 7n],
    ["-0", 0n],
    ["1_000", 1000n],
    ["٣", 3n],
    ["१२", 12n],
    ["𝟙𝟡", 19n],
    ["99999999999999999999", 99999999999999999999n],
    ["9".repeat(4300), 10n ** 4300n - 1n],
    [`-${"9".repeat(4300)}`, 1n - 10n ** 4300n],
  ])("reads %p as the integer that Python reads", (text, value) => {
    expect(parseOperand(text)).toBe(value);
  });

  test.each<[string, number]>([
    ["1.5", 1.5],
    [".5", 0.5],
    ["5.", 5],
    ["-0.0", -0],
    ["1_0.2_5", 10.25],
    ["٣.٥", 3.5],
    [" +2.0 ", 2],
    ["1.2345678901234568e+17", 1.2345678901234568e17],
    ["1e+16", 1e16],
    ["-1e-05", -1e-5],
    ["5e-324", 5e-324],
  ])("reads %p as a decimal", (text, value) => {
    expect(parseOperand(text)).toBe(value);
  });

  test.each([
    "",
    " ",
    "x",
    "1e3",
    "1.5e3",
    "1e+3",
    "1E+16",
    "12e+16",
    "1e+999",
    "1.e+16",
    "0x10",
    "nan",
    "inf",
    "Infinity",
    ".",
    "-",
    "+ 7",
    "--1",
    "1 2",
    "1__0",
    "_1",
    "1_",
    "1_.5",
    "1._5",
    "5\u0000",
    "\ufeff5",
    "½",
    "9".repeat(4301),
    `${"9".repeat(400)}.5`,
  ])("refuses %p", (text) => {
    expect(parseOperand(text)).toBeUndefined();
  });

  test("reads the most digits however they are written, and refuses what is longer without reading it", () => {
    const longest = Array.from({ length: 4300 }, () => "\u{1d7ff}").join("_");
    expect(parseOperand(longest)).toBe(10n ** 4300n - 1n);
    // To convert so many digits would take hours.
    expect(parseOperand("\u{1d7ff}".repeat(50_000_000))).toBeUndefined();
  });

  test("reads every decimal that is written", () => {
    const decimal = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(decimal, (value) => expect(parseOperand(formatQuantity(value))).toBe(value)));
  });
});

describe("formatQuantity", () => {
  // Each text is what Python prints for repr() of the value.
  test.each<[bigint | number, string]>([
    [5n, "5"],
    [-(10n ** 30n), "-1000000000000000000000000000000"],
    [5, "5.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [123456.789, "123456.789"],
    [1e15, "1000000000000000.0"],
    [9999999999999998, "9999999999999998.0"],
    [1e16, "1e+16"],
    [Number("12345678901234567890"), "1.2345678901234567e+19"],
    [1e22, "1e+22"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [0.000015, "1.5e-05"],
    [-1.5e-10, "-1.5e-10"],
    [5e-324, "5e-324"],
  ])("prints %p as %p", (value, text) => {
    expect(formatQuantity(value)).toBe(text);
  });

  test("what is printed is read back as the same integer", () => {
    fc.assert(fc.property(fc.bigInt(), (value) => parseOperand(formatQuantity(value)) === value));
  });

  test("a decimal is printed so that it is read back exactly, and never as an integer", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = formatQuantity(value);
        return Object.is(Number(text), value) && /[.e]/.test(text);
      }),
    );
  });
});

test.each<[string, Quantity | undefined]>([
  ["5", 5n],
  ["5.0", 5],
  ["5e0", 5],
  ["99999999999999999999", 99999999999999999999n],
  ["9".repeat(4300), 10n ** 4300n - 1n],
  ['"5"', 5n],
  ['" 1_000 "', 1000n],
  ['"1.5"', 1.5],
  ["9".repeat(4301), undefined],
  [`-${"9".repeat(4301)}`, undefined],
  ["1e999", undefined],
  ['"x"', undefined],
  ['"1e3"', undefined],
  ["null", undefined],
  ["true", undefined],
  ["[1]", undefined],
])("the JSON operand %p is %p", (text, operand) => {
  expect(operandFromJson(readJson(text))).toBe(operand);
});
