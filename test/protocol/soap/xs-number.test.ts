import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatXsNumber, parseXsNumber } from "../../../src/protocol/soap/xs-number.ts";

test("xs:integer is digits with a sign, in white space", () => {
  expect(parseXsNumber(" 7 ", "integer")).toBe(7n);
  expect(parseXsNumber("\n+2\t", "integer")).toBe(2n);
  expect(parseXsNumber("-007", "integer")).toBe(-7n);
  for (const text of ["", " ", "+", "1.0", "1_000", "0x1", "1e3", "- 1", "1 2", "٣", "\u00a01", "NaN"]) {
    expect(parseXsNumber(text, "integer")).toBeUndefined();
  }
});

test("xs:decimal may have a point, and stays an exact integer without one", () => {
  expect(parseXsNumber("10", "decimal")).toBe(10n);
  expect(parseXsNumber("2.50", "decimal")).toBe(2.5);
  expect(parseXsNumber(".5", "decimal")).toBe(0.5);
  expect(parseXsNumber("-5.", "decimal")).toBe(-5);
  for (const text of ["", ".", "1e3", "INF", "NaN", "1,5", "1.2.3"]) {
    expect(parseXsNumber(text, "decimal")).toBeUndefined();
  }
});

test("a result keeps its point and never has an exponent", () => {
  expect(formatXsNumber(5)).toBe("5.0");
  expect(formatXsNumber(10n ** 30n)).toBe(`1${"0".repeat(30)}`);
  expect(formatXsNumber(1e16)).toBe("10000000000000000.0");
  expect(formatXsNumber(-1.5e-7)).toBe("-0.00000015");
  expect(formatXsNumber(1.2345678901234567e20)).toBe("123456789012345670000.0");
});

test("every decimal is read back as itself", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(parseXsNumber(formatXsNumber(value), "decimal")).toBe(value);
    }),
  );
});
