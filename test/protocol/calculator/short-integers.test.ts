import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { readShortInteger, shortResult } from "../../../src/protocol/calculator/short-integers.ts";

const compile = (expression: string) => compileOperation({ name: "test", expression, aliases: [] });

describe("a short integer", () => {
  test.each([
    ["0", 0],
    ["5", 5],
    ["-12", -12],
    ["999999999999999", 999_999_999_999_999],
    ["-999999999999999", -999_999_999_999_999],
  ])("%s is %d", (text, value) => {
    expect(readShortInteger(text)).toBe(value);
  });

  test.each([
    "",
    "-",
    "-0",
    "00",
    "007",
    "+5",
    " 5",
    "5 ",
    "5.0",
    "1e3",
    "1_000",
    "٣",
    "1000000000000000",
    "é",
  ])("%p is none, whatever else it may be", (text) => {
    expect(readShortInteger(text)).toBeNaN();
  });
});

/** Sums, differences, products and signs of the operands and constants. */
const expression = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("a", "b", "0", "3", "9007199254740991", "9007199254740993"),
    fc
      .tuple(tie("any"), fc.constantFrom("+", "-", "*"), tie("any"))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie("any").map((of) => `(-${of})`),
  ),
})).any;
const operand = fc.oneof(
  fc.integer({ min: -9, max: 9 }),
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
);

describe("short arithmetic", () => {
  test("gives what the exact one gives, or leaves it to that", () => {
    let count = 0;
    fc.assert(
      fc.property(expression, operand, operand, (text, a, b) => {
        const operation = compile(text);
        const short = shortResult(operation, a, b);
        if (short === undefined) return;
        count++;
        expect(`${text}: ${short}`).toBe(`${text}: ${operation.evaluate(BigInt(a), BigInt(b))}`);
      }),
      { numRuns: 2000 },
    );
    expect(count).toBeGreaterThan(200);
  });

  test.each([
    ["a + b", 999_999_999_999_999, 999_999_999_999_999, "1999999999999998"],
    ["a * b", 94_906_265, 94_906_265, "9007199136250225"],
    ["a * b", 0, -5, "0"],
    ["-a", 0, 0, "0"],
    ["a - b", 5, 5, "0"],
    ["a * b", 94_906_267, 94_906_267, undefined],
    ["a * b - a * b + 1", 999_999_999_999_999, 999_999_999_999_999, undefined],
    ["a / b", 4, 2, undefined],
    ["a // b", 4, 2, undefined],
    ["a ^ 2", 4, 2, undefined],
    ["abs(a)", 4, 2, undefined],
    ["a + 0.5", 4, 2, undefined],
    ["a + 9007199254740993", 4, 2, undefined],
  ])("%s of %d and %d is %p", (text, a, b, result) => {
    expect(shortResult(compile(text), a, b)).toBe(result);
  });

  test("needs both operands, also of an expression that does not", () => {
    expect(shortResult(compile("a * 2"), 4, Number.NaN)).toBeUndefined();
    expect(shortResult(compile("3"), Number.NaN, 4)).toBeUndefined();
  });
});
