import type { Operation } from "../../core/operation.ts";
import { type BinaryOperator, isOperand, type Node } from "./parse.ts";

// Fast path: integers that a double holds exactly, which nearly all operands and results are. With BigInt an addition,
// its checks and its text take four times as long.

type EvaluateShort = NonNullable<Operation["evaluateShort"]>;

/** 15 digits are below 2^53. */
const maxDigits = 15;

const [minus, zero] = [0x2d, 0x30] as const;

/** `5`, `-12`, and no other way to write an integer: `+5`, `007`, `-0` and longer ones are NaN, as what is no integer. */
export function readShortInteger(text: string): number {
  const { length } = text;
  const start = text.charCodeAt(0) === minus ? 1 : 0;
  const count = length - start;
  if (count === 0 || count > maxDigits || (text.charCodeAt(start) === zero && length > 1)) return Number.NaN;
  let value = 0;
  for (let at = start; at < length; at++) {
    const digit = text.charCodeAt(at) - zero;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return start === 0 ? value : -value;
}

/**
 * The text of the result, where all is short; undefined: `evaluate` has to say.
 * @param a NaN: it is no short integer
 */
export function shortResult({ evaluateShort }: Operation, a: number, b: number): string | undefined {
  // An expression need not have both.
  if (evaluateShort === undefined || Number.isNaN(a + b)) return undefined;
  const result = evaluateShort(a, b);
  return Number.isNaN(result) ? undefined : `${result}`;
}

/** What is not exact any more is NaN, and stays it. */
const exact = (value: number): number => (Number.isSafeInteger(value) ? value : Number.NaN);

const binary: Readonly<Partial<Record<BinaryOperator, EvaluateShort>>> = {
  "+": (x, y) => exact(x + y),
  "-": (x, y) => exact(x - y),
  // An integer has no negative zero.
  "*": (x, y) => exact(x * y + 0),
};

/** @returns undefined when the expression has something that doubles do not do exactly */
export function compileShort(node: Node): EvaluateShort | undefined {
  switch (node.kind) {
    case "number": {
      const value = typeof node.value === "bigint" ? exact(Number(node.value)) : Number.NaN;
      return Number.isNaN(value) ? undefined : () => value;
    }
    case "operand":
      return node.name === "a" ? (a) => a : (_, b) => b;
    case "negate": {
      const operand = compileShort(node.of);
      return operand && ((a, b) => 0 - operand(a, b));
    }
    case "binary":
      return compileBinary(binary[node.operator], node.left, node.right);
    case "call":
      return undefined;
  }
}

function compileBinary(
  apply: EvaluateShort | undefined,
  leftNode: Node,
  rightNode: Node,
): EvaluateShort | undefined {
  // As in `compile`: `a + b` and the like need no closures for the operands.
  if (isOperand(leftNode, "a") && isOperand(rightNode, "b")) return apply;
  const left = compileShort(leftNode);
  const right = compileShort(rightNode);
  if (apply === undefined || left === undefined || right === undefined) return undefined;
  return (a, b) => apply(left(a, b), right(a, b));
}
