import { OperationError, type Quantity } from "../../core/operation.ts";
import { bounded, finite, toDecimal } from "./arithmetic.ts";

export interface CalculatorFunction {
  /** The least and the largest number of arguments. */
  readonly arity: readonly [min: number, max: number];
  /** Whether the result is an integer: always, if every argument is one, or never. */
  readonly integer: "always" | "kept" | "never";
  apply(values: readonly Quantity[]): Quantity;
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
  step: (left: Quantity, right: Quantity) => Quantity,
): CalculatorFunction {
  return { arity: [2, 16], integer, apply: (values) => values.reduce(step) };
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
  ["gcd", folded("always", (left, right) => greatestCommonDivisor(whole("gcd", left), whole("gcd", right)))],
  ["lcm", folded("always", (left, right) => leastCommonMultiple(whole("lcm", left), whole("lcm", right)))],
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

function greatestCommonDivisor(x: bigint, y: bigint): bigint {
  let divisor = x < 0n ? -x : x;
  let rest = y < 0n ? -y : y;
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

function leastCommonMultiple(x: bigint, y: bigint): bigint {
  if (x === 0n || y === 0n) return 0n;
  const product = x * (y / greatestCommonDivisor(x, y));
  return bounded(product < 0n ? -product : product);
}
