import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OperationError, type Quantity } from "../../../src/core/operation.ts";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { Effort, maxSteps } from "../../../src/protocol/calculator/effort.ts";
import { calculatorFunctions } from "../../../src/protocol/calculator/functions.ts";
import { parseOperand } from "../../../src/protocol/calculator/quantity.ts";

const compile = (expression: string) => compileOperation({ name: "test", expression, aliases: [] });

/** Two neighbours in Fibonacci's sequence, the larger with so many digits: Euclid's worst case. */
function fibonacci(digits: number): [bigint, bigint] {
  const limit = 10n ** BigInt(digits);
  let [low, high] = [1n, 1n];
  while (low + high < limit) [low, high] = [high, low + high];
  return [high, low];
}

const [worst, nextWorst] = fibonacci(4300);
const nines = 10n ** 4300n - 1n;

function refusal(expression: string, a: Quantity, b: Quantity): string {
  try {
    compile(expression).evaluate(a, b);
    return "";
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** As many as fit into an expression of 1,000 characters. */
const often = (expression: string) =>
  Array.from({ length: Math.floor(1001 / (expression.length + 1)) }, () => expression).join("+");

describe("what an evaluation may cost", () => {
  test("is bounded for gcd and lcm before they begin, and the error says what was tried and what the bound is", () => {
    expect(refusal("gcd(a, b)", worst, nextWorst)).toBe(
      "too-large: Too much to compute: with the greatest common divisor of integers with 4300 and 4300 digits the expression takes 7.4 million steps, and may take 4.0 million",
    );
    expect(refusal("lcm(a, b)", worst, nextWorst)).toContain("of integers with 4300 and 4300 digits");
    expect(refusal("gcd(a * b, a * a)", worst, nextWorst)).toContain("million steps");
  });

  test("suffices for gcd and lcm of 2,000 digits, and of any operand with a short one", () => {
    const [a, b] = fibonacci(2000);
    expect(compile("gcd(a * 6, b * 6)").evaluate(a / 10n, b / 10n)).toBe(
      refGcd((a / 10n) * 6n, (b / 10n) * 6n),
    );
    expect(compile("lcm(a, b)").evaluate(a, b)).toBe(a * b);
    expect(compile("gcd(a, b)").evaluate(nines, 99n)).toBe(99n);
    expect(compile("gcd(a, b)").evaluate(-99n, nines)).toBe(99n);
  });

  test.each(["a*b", "a*b//a", "a*b%b", "a^2", "3^20900", "gcd(a,b)", "lcm(a,b)"])(
    "bounds an expression full of %s",
    (part) => {
      expect(refusal(often(part), worst, nextWorst)).toContain("may take 4.0 million");
    },
  );

  test.each<[string, Quantity, Quantity]>([
    ["(1.0 + a)^b", 1e-15, 2n ** 63n - 1n],
    ["1/(a*b)", nines, nines],
    ["2^33000", 0n, 0n],
    ["a+b", nines, nines],
    ["max(a,b)", nines, worst],
    ["sqrt(a)", 1e300, 0n],
    ["round(1e308)", 0n, 0n],
  ])("keeps the event loop free within an expression full of %s", (part, a, b) => {
    const evaluate = compile(often(part));
    // What was unbounded took seconds each time: ten times are longer than a test may take.
    for (let times = 0; times < 10; times++) {
      try {
        evaluate.evaluate(a, b);
      } catch (error) {
        expect(error).toBeInstanceOf(OperationError);
      }
    }
  });

  test("is counted within the bound for every operation of two operands", () => {
    const expressions = ["a+b", "a-b", "a*b", "a/b", "a//b", "a%b", "a^b", "-a"];
    for (const [name, { arity }] of calculatorFunctions)
      expressions.push(arity[0] === 1 ? `${name}(a)` : `${name}(a,b)`);
    const operands: Quantity[] = [worst, nextWorst, nines, -nines, 10n ** 2150n, 3n, 0n, 0.5, 1e308, 5e-324];
    for (const expression of expressions) {
      for (const a of operands) {
        for (const b of operands) {
          const refused = refusal(expression, a, b);
          if (refused.includes("Too much")) expect(expression).toMatch(/gcd|lcm/);
        }
      }
    }
  });

  test("adds up over an evaluation", () => {
    const effort = new Effort();
    effort.charge(maxSteps, "product");
    expect(effort.steps).toBe(maxSteps);
    expect(() => effort.charge(1, "power")).toThrow("with the power the expression takes 4.0 million steps");
  });
});

test("gcd is the largest integer that divides both", () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.bigInt(), fc.bigInt(), (x, y, factor) => {
      const [a, b] = [x * factor, y * factor];
      expect(compile("gcd(a, b)").evaluate(a, b)).toBe(refGcd(a < 0n ? -a : a, b < 0n ? -b : b));
    }),
  );
});

function refGcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : refGcd(b, a % b);
}

test("the digits of a script are looked up once, however many there are", () => {
  const digits = "\u{1d7ff}\u0663".repeat(2150);
  expect(parseOperand(digits)).toBe(BigInt("93".repeat(2150)));
});
