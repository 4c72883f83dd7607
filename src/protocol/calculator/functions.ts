import { OperationError, type Quantity } from "../../core/operation.ts";
import { bitLength, bounded, finite, toDecimal } from "./arithmetic.ts";
import { type Effort, wordsOf } from "./effort.ts";

export interface CalculatorFunction {
  /** The least and the largest number of arguments. */
  readonly arity: readonly [min: number, max: number];
  /** Whether the result is an integer: always, if every argument is one, or never. */
  readonly integer: "always" | "kept" | "never";
  apply(values: readonly Quantity[], effort: Effort): Quantity;
}

/** A function of one argument. */
function unary(
  integer: CalculatorFunction["integer"],
  apply: (value: Quantity) => Quantity,
): CalculatorFunction {
  return { arity: [1, 1], integer, apply: (values) => apply(values[0] ?? 0n) };
}

/** A function of several arguments, taken two at a time from the left. */
function folded(
  integer: CalculatorFunction["integer"],
  step: (left: Quantity, right: Quantity, effort: Effort) => Quantity,
): CalculatorFunction {
  return {
    arity: [2, 16],
    integer,
    apply: (values, effort) => values.reduce((left, right) => step(left, right, effort)),
  };
}

const rounded = (round: (value: number) => number) =>
  unary("always", (value) => (typeof value === "bigint" ? value : BigInt(round(value))));

/** The functions that an expression may call, with Python's semantics. */
export const calculatorFunctions: ReadonlyMap<string, CalculatorFunction> = new Map([
  [
    "abs",
    unary("kept", (value) => (typeof value === "bigint" ? (value < 0n ? -value : value) : Math.abs(value))),
  ],
  ["min", folded("kept", smaller)],
  ["max", folded("kept", larger)],
  ["floor", rounded(Math.floor)],
  ["ceil", rounded(Math.ceil)],
  ["trunc", rounded(Math.trunc)],
  ["round", rounded(roundHalfToEven)],
  ["sqrt", unary("never", squareRoot)],
  [
    "gcd",
    folded("always", (left, right, effort) =>
      greatestCommonDivisor(whole("gcd", left), whole("gcd", right), effort),
    ),
  ],
  [
    "lcm",
    folded("always", (left, right, effort) =>
      leastCommonMultiple(whole("lcm", left), whole("lcm", right), effort),
    ),
  ],
]);

// Math.min takes no bigint. Comparing an integer with a decimal is exact without a conversion.
function smaller(left: Quantity, right: Quantity): Quantity {
  if (right < left) return right;
  return left;
}

function larger(left: Quantity, right: Quantity): Quantity {
  if (right > left) return right;
  return left;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function squareRoot(value: Quantity): number {
  if (value < 0)
    throw new OperationError("not-finite", "Result is not a real number: the root of a negative number");
  return finite(Math.sqrt(toDecimal(value)));
}

function whole(name: string, value: Quantity): bigint {
  if (typeof value === "bigint") return value;
  throw new OperationError("bad-operand", `${name} needs integers, and was given the decimal ${value}`);
}

function greatestCommonDivisor(x: bigint, y: bigint, effort: Effort): bigint {
  let divisor = x < 0n ? -x : x;
  let rest = y < 0n ? -y : y;
  if (rest > divisor) [divisor, rest] = [rest, divisor];
  effort.charge(euclidSteps(divisor, rest), "greatest common divisor", x, y);
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

/**
 * What Euclid's algorithm costs at most: one division of the larger by the smaller, and then as many as two Fibonacci
 * numbers of the smaller one's length take (Lamé), of half the length on average. A division of short numbers costs as
 * much as 250 steps: it is a call, and its result is an object.
 */
function euclidSteps(larger: bigint, smaller: bigint): number {
  const [dividend, divisor] = [wordsOf(larger), wordsOf(smaller)];
  const divisions = bitLength(smaller) / Math.log2((1 + Math.sqrt(5)) / 2);
  return 2 * (dividend - divisor + 1) * divisor + divisions * (250 + divisor / 2);
}

function leastCommonMultiple(x: bigint, y: bigint, effort: Effort): bigint {
  if (x === 0n || y === 0n) return 0n;
  const rest = y / greatestCommonDivisor(x, y, effort);
  effort.charge(wordsOf(y) * 2 + wordsOf(x) * wordsOf(rest), "least common multiple", x, y);
  const product = x * rest;
  return bounded(product < 0n ? -product : product);
}
