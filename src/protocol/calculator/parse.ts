import jsep from "jsep";
import type { Quantity } from "../../core/operation.ts";
import { calculatorFunctions } from "./functions.ts";

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "^";

/** An expression of which nothing remains that the calculator does not know. */
export type Node =
  | { readonly kind: "number"; readonly value: Quantity }
  | { readonly kind: "operand"; readonly name: "a" | "b" }
  | { readonly kind: "negate"; readonly of: Node }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] };

const maxLength = 1000;
const allowed = `allowed are a, b, numbers, + - * / // % ^ ( ) and ${[...calculatorFunctions.keys()].join(", ")}`;

// jsep is set up once, for this module alone: JavaScript's operators go, those of the calculator come.
jsep.removeAllUnaryOps();
jsep.removeAllBinaryOps();
jsep.removeAllLiterals();
for (const operator of ["+", "-"]) jsep.addBinaryOp(operator, 1);
for (const operator of ["*", "/", "//", "%"]) jsep.addBinaryOp(operator, 2);
for (const operator of ["^", "**"]) jsep.addBinaryOp(operator, 3, true);
jsep.hooks.add("gobble-token", signedToken);
jsep.hooks.add("after-expression", expectEnd, true);

/** Signs are ours to read: jsep binds them above a power, and -a^2 is -(a^2). */
function signedToken(this: jsep.HookScope, env: { node?: jsep.Expression }): void {
  const operator = this.char;
  if (operator !== "-" && operator !== "+") return;
  this.index++;
  const argument = powerChain(this, expectToken(this, operator));
  env.node = { type: "UnaryExpression", operator, argument, prefix: true };
}

function powerChain(scope: jsep.HookScope, base: jsep.Expression): jsep.Expression {
  const operator = /^\s*(?:\^|\*\*)/.exec(scope.expr.slice(scope.index))?.[0];
  if (operator === undefined) return base;
  scope.index += operator.length;
  const right = powerChain(scope, expectToken(scope, operator.trim()));
  return { type: "BinaryExpression", operator: "^", left: base, right };
}

function expectToken(scope: jsep.HookScope, after: string): jsep.Expression {
  // jsep answers false, not undefined, where there is nothing more to read.
  return scope.gobbleToken() || scope.throwError(`Expected expression after ${after}`);
}

/** jsep takes `a b` and `max(a b)` for two expressions. Here an expression ends, or a mistake begins. */
function expectEnd(this: jsep.HookScope): void {
  if (!["", ")", ","].includes(this.char)) this.throwError(`Unexpected "${this.char}"`);
}

/** @throws an Error that names the mistake, its position (from 1) and what is allowed */
export function parseExpression(text: string): Node {
  const fail = (mistake: string, index: number): never => {
    throw new Error(`${mistake} at character ${index + 1} of ${JSON.stringify(text)}; ${allowed}`);
  };
  if (text.trim() === "") fail("empty expression", 0);
  if (text.length > maxLength) {
    throw new Error(`the expression has ${text.length} characters, and may have ${maxLength}`);
  }
  const stranger = /[^A-Za-z0-9_\s.+\-*/%^(),]|(?<![0-9])\.(?![0-9])/.exec(text);
  if (stranger !== null) fail(`unexpected ${JSON.stringify(stranger[0])}`, stranger.index);
  const node = convert(parseWithJsep(text, fail), (mistake, word) => fail(mistake, indexOfWord(text, word)));
  const comma = text.lastIndexOf(",");
  // jsep steps over commas that separate nothing, as in "a + b,".
  if (text.split(",").length - 1 !== countCommas(node)) fail('unexpected ","', comma);
  return node;
}

function indexOfWord(text: string, word: string): number {
  return Math.max(0, text.search(new RegExp(`\\b${word}\\b`)));
}

function countCommas(node: Node): number {
  if (node.kind === "negate") return countCommas(node.of);
  if (node.kind === "binary") return countCommas(node.left) + countCommas(node.right);
  if (node.kind !== "call") return 0;
  return node.args.reduce((sum, argument) => sum + countCommas(argument), node.args.length - 1);
}

function parseWithJsep(text: string, fail: (mistake: string, index: number) => never): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    if (error instanceof Error && "index" in error && "description" in error) {
      return fail(lowerFirst(String(error.description)), Number(error.index));
    }
    throw error;
  }
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

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

/** jsep's tree as ours. What the calculator does not know is refused here, and cannot reach the evaluator. */
function convert(expression: jsep.Expression, refuse: Refuse): Node {
  // jsep's own union of the shapes below, told apart by `type`.
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
    default:
      return refuse("no single arithmetic expression", "");
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
  const [least, most] = known.arity;
  const given = node.arguments.length;
  if (given < least || given > most) {
    const range = least === most ? `${least}` : `${least} to ${most}`;
    return refuse(`function "${name}" takes ${range} arguments and is given ${given}`, name);
  }
  return { kind: "call", name, args: node.arguments.map((argument) => convert(argument, refuse)) };
}
