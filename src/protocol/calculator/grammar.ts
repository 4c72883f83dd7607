import jsep from "jsep";

// Configures jsep once, for this module only: the calculator's operators instead of JavaScript's.
jsep.removeAllUnaryOps();
jsep.removeAllBinaryOps();
jsep.removeAllLiterals();
for (const operator of ["+", "-"]) jsep.addBinaryOp(operator, 1);
for (const operator of ["*", "/", "//", "%"]) jsep.addBinaryOp(operator, 2);
for (const operator of ["^", "**"]) jsep.addBinaryOp(operator, 3, true);
jsep.hooks.add("gobble-token", signedToken);
jsep.hooks.add("after-expression", expectEnd, true);

/** Parses signs instead of jsep, which binds them tighter than a power: -a^2 must be -(a^2). */
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
  // jsep returns false, not undefined, at the end of the text.
  return scope.gobbleToken() || scope.throwError(`Expected expression after ${after}`);
}

/** Rejects `a b` and `max(a b)`, which jsep reads as two expressions. */
function expectEnd(this: jsep.HookScope): void {
  if (!["", ")", ","].includes(this.char)) this.throwError(`Unexpected "${this.char}"`);
}

/** A syntax error and its position, from 0. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
  constructor(
    message: string,
    readonly index: number,
  ) {
    super(message);
  }
}

/** @throws {GrammarError} */
export function parseTree(text: string): jsep.Expression {
  try {
    return jsep(text);
  } catch (error) {
    if (!(error instanceof Error && "index" in error && "description" in error)) throw error;
    const mistake = String(error.description);
    throw new GrammarError(mistake.charAt(0).toLowerCase() + mistake.slice(1), Number(error.index));
  }
}
