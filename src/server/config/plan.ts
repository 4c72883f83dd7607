import type { Operation, Operations } from "../../core/operation.ts";
import type { Role, UnmetNeed } from "../../core/role.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
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
  /** Where in `config` there is text from files, which is not shown. */
  readonly hidden: readonly (readonly (string | number)[])[];
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
  /** Other files that it was read from, or names: some may be folders, or not there. */
  readonly otherFiles: readonly string[];
}

/** What the entries hand to the server, which imports neither roles nor the expression compiler. */
export interface Registry {
  readonly roles: readonly Role[];
  /** @throws {Error} that says what is wrong with the expression */
  readonly compileOperation: (definition: OperationDefinition) => Operation;
  /** What is wrong with the files of a `tls:` at `path`. */
  readonly unmetTls: (tls: TlsSetting | undefined, path: UnmetNeed["path"]) => readonly UnmetNeed[];
  /** Why an operation must not have this name, because a role uses it for something else. */
  readonly reservedReason: (operation: string) => string | undefined;
}
