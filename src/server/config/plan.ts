import type { Operation, Operations } from "../../core/operation.ts";
import type { Role } from "../../core/role.ts";
import type { Settings } from "./schema.ts";

/** An operation as the configuration defines it: plain data, compiled again in each thread that needs it. */
export interface OperationDefinition {
  readonly name: string;
  readonly expression: string;
  readonly aliases: readonly string[];
}

export interface PlannedService {
  readonly name: string;
  readonly role: Role;
  /** Checked by the role's schema, every default filled in. */
  readonly config: unknown;
  readonly restart: "on-failure" | "never";
}

/** A configuration that has been checked as a whole: it only needs to be run. */
export interface Plan {
  readonly file: string;
  readonly settings: Settings;
  /** The file says something about `admin`: then it must be possible. */
  readonly wantsAdmin: boolean;
  readonly definitions: readonly OperationDefinition[];
  readonly operations: Operations;
  /** In the order of the file. */
  readonly services: readonly PlannedService[];
}

/** What the entries hand to the server, which knows neither roles nor arithmetic. */
export interface Registry {
  readonly roles: readonly Role[];
  /** @throws {Error} naming the mistake in the expression */
  readonly compileOperation: (definition: OperationDefinition) => Operation;
  /** Why an operation may not have this name, when a role serves something else under it. */
  readonly reservedReason: (operation: string) => string | undefined;
}
