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

/** A configuration that has been checked as a whole and can be run. */
export interface Plan {
  readonly file: string;
  readonly settings: Settings;
  /** The file configures `admin`, so that a port that cannot be had is an error. */
  readonly wantsAdmin: boolean;
  readonly definitions: readonly OperationDefinition[];
  readonly operations: Operations;
  /** In the order of the file. */
  readonly services: readonly PlannedService[];
}

/** What the entries hand to the server, which imports neither roles nor the expression compiler. */
export interface Registry {
  readonly roles: readonly Role[];
  /** @throws {Error} that says what is wrong with the expression */
  readonly compileOperation: (definition: OperationDefinition) => Operation;
  /** Why an operation must not have this name, because a role uses it for something else. */
  readonly reservedReason: (operation: string) => string | undefined;
}
