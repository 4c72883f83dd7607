import type jsep from "jsep";
import type { Quantity } from "../../core/operation.ts";
import { calculatorFunctions } from "./functions.ts";
import { GrammarError, parseTree } from "./grammar.ts";

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "^";

/** The syntax tree: it can only hold what the calculator can evaluate. */
export type Node =
  | { readonly kind: "number"; readonly value: Quantity }
  | { readonly kind: "operand"; readonly name: "a" | "b" }
  | { readonly kind: "negate"; readonly of: Node }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] };

export function isOperand(node: Node, name: "a" | "b"): boolean {
  return node.kind === "operand" && node.name === name;
}

const maxLength = 1000;
const allowed = `allowed are a, b, numbers, + - * / // % ^ ( ) and ${[...calculatorFunctions.keys()].join(", ")}`;

/** @throws an Error that says what is wrong, at which position (from 1), and what is allowed */
export function parseExpression(text: string): Node {
  if (text.length > maxLength) {
    throw new Error(`the expression has ${text.length} characters, and may have ${maxLength}`);
  }
  try {
    return readExpression(text);
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error;
    throw new Error(
      `${error.message} at character ${error.index + 1} of ${JSON.stringify(text)}; ${allowed}`,
    );
  }
}

/** @throws {GrammarError} */
function readExpression(text: string): Node {
  if (text.trim() === "") throw new GrammarError("empty expression", 0);
  const unexpected = /[^A-Za-z0-9_\s.+\-*/%^(),]|(?<![0-9])\.(?![0-9])/.exec(text);
  if (unexpected !== null)
    throw new GrammarError(`unexpected ${JSON.stringify(unexpected[0])}`, unexpected.index);
  const node = convert(parseTree(text), (mistake, word) => {
    throw new GrammarError(mistake, indexOfWord(text, word));
  });
  // jsep ignores commas that separate nothing, as in "a + b,".
  const isSurplus = text.split(",").length - 1 !== countCommas(node);
  if (isSurplus) throw new GrammarError('unexpected ","', text.lastIndexOf(","));
  return node;
}

/** The position of a word in the text: jsep's tree does not have it. */
function indexOfWord(text: string, word: string): number {
  return Math.max(0, word === "," ? text.indexOf(word) : text.search(new RegExp(`\\b${word}\\b`)));
}

function countCommas(node: Node): number {
  if (node.kind === "negate") return countCommas(node.of);
  if (node.kind === "binary") return countCommas(node.left) + countCommas(node.right);
  if (node.kind !== "call") return 0;
  return node.args.reduce((sum, argument) => sum + countCommas(argument), node.args.length - 1);
}

const operators: Readonly<Record<string, BinaryOperator>> = {
  "+": "+",
  "-": "-",
  "*": "*",
  "/": "/",
  "//": "//",
  "%": "%",
  "^": "^",
  "**": "^",
};

type Refuse = (mistake: string, word: string) => never;

/** Converts jsep's tree. Whatever the calculator does not support is refused here and cannot reach the evaluator. */
function convert(expression: jsep.Expression, refuse: Refuse): Node {
  // jsep's union of the node types below, discriminated by `type`.
  const node = expression as jsep.CoreExpression;
  switch (node.type) {
    case "Literal":
      return { kind: "number", value: literal(node.raw, refuse) };
    case "Identifier":
      if (node.name === "a" || node.name === "b") return { kind: "operand", name: node.name };
      return refuse(`${nameMistake(node.name)}`, node.name);
    case "UnaryExpression": {
      const operand = convert(node.argument, refuse);
      return node.operator === "-" ? { kind: "negate", of: operand } : operand;
    }
    case "BinaryExpression": {
      const operator = operators[node.operator] ?? refuse(`unknown operator "${node.operator}"`, "");
      return {
        kind: "binary",
        operator,
        left: convert(node.left, refuse),
        right: convert(node.right, refuse),
      };
    }
    case "CallExpression":
      return convertCall(node, refuse);
    case "SequenceExpression":
      return refuse('unexpected ","', ",");
    case "Compound":
      // No expression, or several: anything else between two expressions has been refused before.
      return node.body.length === 0 ? refuse("no expression", "") : refuse('unexpected ","', ",");
    default:
      return refuse("no arithmetic expression", "");
  }
}

function nameMistake(name: string): string {
  return calculatorFunctions.has(name)
    ? `function "${name}" without its arguments`
    : `unknown name "${name}"`;
}

function literal(raw: string, refuse: Refuse): Quantity {
  const value = /^\d+$/.test(raw) ? BigInt(raw) : Number(raw);
  if (value === Number.POSITIVE_INFINITY) return refuse(`number "${raw}" is too large`, raw);
  return value;
}

function convertCall(node: jsep.CallExpression, refuse: Refuse): Node {
  const callee = node.callee as jsep.CoreExpression;
  if (callee.type !== "Identifier") return refuse("only a function can be called", "");
  const { name } = callee;
  const known = calculatorFunctions.get(name);
  if (known === undefined) return refuse(`unknown function "${name}"`, name);
  const [min, max] = known.arity;
  const given = node.arguments.length;
  if (given < min || given > max) {
    const range = min === max ? `${min}` : `${min} to ${max}`;
    return refuse(`function "${name}" takes ${range} arguments and is given ${given}`, name);
  }
  return { kind: "call", name, args: node.arguments.map((argument) => convert(argument, refuse)) };
}
