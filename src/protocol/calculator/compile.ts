import type { Operation, Quantity } from "../../core/operation.ts";
import { add, bounded, finite, negate, subtract } from "./arithmetic.ts";
import { divide, floorDivide, modulo } from "./division.ts";
import { Effort } from "./effort.ts";
import { calculatorFunctions } from "./functions.ts";
import { multiply } from "./multiplication.ts";
import { type BinaryOperator, isOperand, type Node, parseExpression } from "./parse.ts";
import { power } from "./power.ts";
import { compileShort } from "./short-integers.ts";

export interface OperationSource {
  readonly name: string;
  readonly expression: string;
  readonly aliases: readonly string[];
}

/**
 * Compiles an operation's expression into closures, once.
 * @throws an Error that says what is wrong, where, and what is allowed
 */
export function compileOperation({ name, expression, aliases }: OperationSource): Operation {
  const tree = parseExpression(expression);
  const evaluate = compile(tree);
  const evaluateShort = compileShort(tree);
  return {
    name,
    aliases,
    expression,
    integer: staysInteger(tree),
    evaluate: (a, b) => evaluate(checked(a), checked(b), new Effort()),
    ...(evaluateShort && { evaluateShort }),
  };
}

/** Operands come from clients; the arithmetic relies on their bounded size. */
function checked(operand: Quantity): Quantity {
  return typeof operand === "bigint" ? bounded(operand) : finite(operand);
}

type Evaluate = (a: Quantity, b: Quantity, effort: Effort) => Quantity;

const binary: Readonly<Record<BinaryOperator, Evaluate>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "//": floorDivide,
  "%": modulo,
  "^": power,
};

function compile(node: Node): Evaluate {
  switch (node.kind) {
    case "number":
      return () => node.value;
    case "operand":
      return node.name === "a" ? (a) => a : (_, b) => b;
    case "negate": {
      const operand = compile(node.of);
      return (a, b, effort) => negate(operand(a, b, effort));
    }
    case "binary":
      return compileBinary(binary[node.operator], node.left, node.right);
    case "call":
      return compileCall(node.name, node.args.map(compile));
  }
}

function compileBinary(apply: Evaluate, leftNode: Node, rightNode: Node): Evaluate {
  // Fast path for `a + b` and the like, which are most requests: no closures for the operands.
  if (isOperand(leftNode, "a") && isOperand(rightNode, "b")) return apply;
  const left = compile(leftNode);
  const right = compile(rightNode);
  return (a, b, effort) => apply(left(a, b, effort), right(a, b, effort), effort);
}

function compileCall(name: string, args: readonly Evaluate[]): Evaluate {
  const known = calculatorFunctions.get(name);
  if (known === undefined) throw new Error(`the parser accepted the unknown function "${name}"`);
  return (a, b, effort) =>
    known.apply(
      args.map((argument) => argument(a, b, effort)),
      effort,
    );
}

/** Whether integers for `a` and `b` always give an integer, or an error, and never a decimal. */
function staysInteger(node: Node): boolean {
  switch (node.kind) {
    case "number":
      return typeof node.value === "bigint";
    case "operand":
      return true;
    case "negate":
      return staysInteger(node.of);
    case "binary":
      if (node.operator === "/") return false;
      if (node.operator === "^" && !isNatural(node.right)) return false;
      return staysInteger(node.left) && staysInteger(node.right);
    case "call": {
      const rule = calculatorFunctions.get(node.name)?.integer;
      return rule === "always" || (rule === "kept" && node.args.every(staysInteger));
    }
  }
}

/** Whether an exponent is a constant, non-negative integer: then a power of integers is an integer. */
function isNatural(node: Node): boolean {
  if (node.kind === "number") return typeof node.value === "bigint";
  if (node.kind === "binary" && (node.operator === "+" || node.operator === "*" || node.operator === "^")) {
    return isNatural(node.left) && isNatural(node.right);
  }
  return node.kind === "call" && node.name === "abs" && node.args.every(staysInteger);
}
