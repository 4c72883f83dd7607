/**
 * An operand or a result. A `bigint` is an integer, exact at any size; a `number` is a decimal (an IEEE double)
 * and is printed with its point, as Python prints a float.
 */
export type Quantity = bigint | number;

/** A named arithmetic expression, defined once in the configuration and served by REST, SOAP and JSON-RPC. */
export interface Operation {
  readonly name: string;
  readonly aliases: readonly string[];
  /** As written in the configuration, e.g. `a^2 - b^2`. */
  readonly expression: string;
  /** Integers in always give an integer out: there is no division and no power that could leave the integers. */
  readonly integer: boolean;
  /** @throws {OperationError} when the result does not exist or is too large to compute */
  evaluate(a: Quantity, b: Quantity): Quantity;
  /**
   * As `evaluate`, of integers that a double holds exactly, and many times as fast. NaN: the result is none of those, or
   * there is none. Absent where the expression has more than sums and products.
   */
  readonly evaluateShort?: (a: number, b: number) => number;
}

export interface Operations {
  readonly all: readonly Operation[];
  /** By name or by alias. */
  find(name: string): Operation | undefined;
}

export type OperationErrorCode =
  /** A divisor is zero. */
  | "division-by-zero"
  /** The result is infinite, not a number, or not real. */
  | "not-finite"
  /** The result, or a step on the way to it, has more digits or takes longer than the calculator allows. */
  | "too-large"
  /** An operand is outside what the function is defined on, e.g. a decimal where an integer is needed. */
  | "bad-operand";

export class OperationError extends Error {
  override readonly name = "OperationError";
  constructor(
    readonly code: OperationErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** Names and aliases share one name space; the configuration has been checked for doubles. */
export function operationTable(all: readonly Operation[]): Operations {
  const byName = new Map<string, Operation>();
  for (const operation of all) {
    for (const name of [operation.name, ...operation.aliases]) byName.set(name, operation);
  }
  return { all, find: (name) => byName.get(name) };
}
