import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OperationError, type Quantity } from "../../../src/core/operation.ts";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { formatQuantity } from "../../../src/protocol/calculator/quantity.ts";

const compile = (expression: string) => compileOperation({ name: "test", expression, aliases: [] });
const evaluate = (expression: string, a: Quantity, b: Quantity) =>
  formatQuantity(compile(expression).evaluate(a, b));

function failure(expression: string, a: Quantity = 1n, b: Quantity = 1n): string {
  try {
    return `gave ${evaluate(expression, a, b)}`;
  } catch (error) {
    if (error instanceof OperationError) return error.code;
    throw error;
  }
}

describe("an expression", () => {
  // The results are Python's, which writes ^ as **.
  test.each<[string, Quantity, Quantity, string]>([
    ["a + b", 2n, 3n, "5"],
    ["a + b", 2, 3n, "5.0"],
    ["a / b", 10n, 5n, "2.0"],
    ["a / b", 0n, -5n, "-0.0"],
    ["a // b", -7n, 2n, "-4"],
    ["a % b", -7n, 2n, "1"],
    ["a % b", 7n, -2n, "-1"],
    ["a // b", -7.5, 2n, "-4.0"],
    ["a % b", -7.5, 2n, "0.5"],
    ["a % b", 4n, -2, "-0.0"],
    ["a // b", 1n, 0.1, "9.0"],
    ["a % b", 1n, 5e-324, "0.0"],
    ["-a^2", 3n, 0n, "-9"],
    ["(-a)^2", 3n, 0n, "9"],
    ["2^-a", 1n, 0n, "0.5"],
    ["a^b^2", 2n, 3n, "512"],
    ["a**b", 2n, 10n, "1024"],
    ["-2**-2", 0n, 0n, "-0.25"],
    ["a - -b", 1n, 2n, "3"],
    ["a--b", 1n, 2n, "3"],
    ["a - b - 1", 5n, 2n, "2"],
    ["a * b + 1.0", 2n, 3n, "7.0"],
    ["a^2 - b^2", 20n, 30n, "-500"],
    ["0^0", 0n, 0n, "1"],
    ["(-1)^a", 10n ** 50n + 1n, 0n, "-1"],
    ["abs(a) + abs(b)", -3n, -0.5, "3.5"],
    ["min(a, b, 2)", 5n, 3n, "2"],
    ["max(a, b)", 1n, 1, "1"],
    ["max(a, b)", 10n ** 30n, 1e30, "1e+30"],
    ["floor(a)", -1.5, 0n, "-2"],
    ["ceil(a)", 1e22, 0n, "10000000000000000000000"],
    ["trunc(a)", -1.5, 0n, "-1"],
    ["round(a)", 2.5, 0n, "2"],
    ["round(a)", 3.5, 0n, "4"],
    ["round(a)", -0.4, 0n, "0"],
    ["sqrt(a)", 16n, 0n, "4.0"],
    ["gcd(a, b)", -12n, 18n, "6"],
    ["lcm(a, b)", 4n, -6n, "12"],
    ["2 ^ 0.5", 0n, 0n, "1.4142135623730951"],
  ])("%p of %p and %p is %p", (expression, a, b, result) => {
    expect(evaluate(expression, a, b)).toBe(result);
  });

  test("numbers in it are exact at any size", () => {
    expect(evaluate("a + 100000000000000000000", 1n, 0n)).toBe("100000000000000000001");
    expect(evaluate("a * 1e3", 2n, 0n)).toBe("2000.0");
  });

  test.each<[string, string]>([
    ["", "empty expression"],
    ["a +", "expected expression after + at character 4"],
    ["(a", "unclosed ( at character 3"],
    ["a b", 'unexpected "b" at character 3'],
    ["a)", 'unexpected ")" at character 2'],
    ["a + c", 'unknown name "c" at character 5'],
    ["sin(a)", 'unknown function "sin" at character 1'],
    ["a + min", 'function "min" without its arguments at character 5'],
    ["min(a)", 'function "min" takes 2 to 16 arguments and is given 1'],
    ["max(a b)", 'unexpected "b" at character 7'],
    ["max(a, b,)", "at character 11"],
    ["a, b", 'unexpected "," at character 2'],
    ["(a, b)", 'unexpected "," at character 3'],
    ["a,", 'unexpected ","'],
    ["a;b", 'unexpected ";" at character 2'],
    ["a.b", 'unexpected "." at character 2'],
    ["a[0]", 'unexpected "["'],
    ["a = b", 'unexpected "="'],
    ["a ? b : 1", 'unexpected "?"'],
    ["'x'", 'unexpected "\'"'],
    ["2(a)", 'unexpected "("'],
    ["(a)(b)", 'unknown function "a"'],
    ["(a + b)(a)", "only a function can be called"],
    ["()", "no expression"],
    [",", "no expression"],
    ["this", "no arithmetic expression"],
    ["__proto__", 'unknown name "__proto__"'],
    ["constructor(a, b)", 'unknown function "constructor"'],
    ["1e400", 'number "1e400" is too large'],
    ["0x10", "at character 2"],
    ["a".padEnd(1001, "+a"), "has 1001 characters, and may have 1000"],
  ])("%p is refused when it is compiled: %s", (expression, reason) => {
    expect(() => compile(expression)).toThrow(reason);
  });

  test("a refusal says what is allowed", () => {
    expect(() => compile("a & b")).toThrow("allowed are a, b, numbers, + - * / // % ^ ( ) and abs, min, max");
  });
});

describe("a result that does not exist", () => {
  test.each<[string, Quantity, Quantity]>([
    ["a / b", 1n, 0n],
    ["a / b", 1.5, 0n],
    ["a / b", 0n, -0],
    ["a // b", 1n, 0n],
    ["a % b", 1n, 0n],
    ["a % b", 1, 0],
    ["b ^ -1", 1n, 0n],
  ])("%p of %p and %p is a division by zero", (expression, a, b) => {
    expect(failure(expression, a, b)).toBe("division-by-zero");
  });

  test.each<[string, Quantity, Quantity]>([
    ["a * b", 1e308, 10n],
    ["a + b", 10n ** 400n, 0.5],
    ["a / b", 10n ** 400n, 1n],
    ["a // b", 1, 5e-324],
    ["a ^ 0.5", -1n, 0n],
    ["sqrt(a)", -1n, 0n],
    ["a ^ b", 10, 400n],
    ["a + b", Number.NaN, 1n],
  ])("%p of %p and %p is not a finite number", (expression, a, b) => {
    expect(failure(expression, a, b)).toBe("not-finite");
  });

  test("gcd of a decimal is a bad operand", () => {
    expect(failure("gcd(a, b)", 1.5, 2n)).toBe("bad-operand");
  });
});

describe("what is too large to compute", () => {
  const largest = 10n ** 4300n - 1n;

  test("two of the longest operands can be multiplied", () => {
    expect(compile("a * b").evaluate(largest, largest)).toBe(largest * largest);
  });

  test.each([
    "9^9^9^9",
    "(-9)^9^9^9",
    "a^b",
    "a^a^a",
    "a*a*a",
    "a^3",
    "2^(2^70)",
    "(a*a)*(a*a)*b",
    "lcm(a, b)*lcm(a, b)*b",
    "lcm(a*b, a-2, b-2)",
  ])("%p of the longest operands is refused, without computing it", (expression) => {
    expect(failure(expression, largest, largest - 1n)).toBe("too-large");
  });

  test("operands that come from elsewhere are bounded as well", () => {
    expect(failure("a - a", 10n ** 10_000n)).toBe("too-large");
  });
});

describe("Operation.integer", () => {
  test.each([
    "a + b",
    "-a * b % 7",
    "a // b",
    "a^2 - b^2",
    "a^(2 * 3)",
    "abs(a)^abs(b)",
    "floor(a / b)",
    "gcd(a, b) + min(a, b)",
  ])("%p of integers is always an integer", (expression) => {
    expect(compile(expression).integer).toBe(true);
    fc.assert(
      fc.property(fc.bigInt({ min: -50n, max: 50n }), fc.bigInt({ min: 1n, max: 50n }), (a, b) => {
        return typeof compile(expression).evaluate(a, b) === "bigint";
      }),
    );
  });

  test.each(["a / b", "a + 1.0", "a^b", "2^-a", "a^(1 - 2)", "sqrt(a)", "min(a, 0.5)", "abs(a / b)"])(
    "%p may leave the integers",
    (expression) => {
      expect(compile(expression).integer).toBe(false);
    },
  );
});
