import { redactLine } from "./redact.ts";

/** A range in a file; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** Length in characters. */
  readonly length: number;
}

/** Characters of a line that is shown below its error: nobody reads a longer one, and many errors may stand in it. */
const maxShown = 1000;

/** One error in the configuration. */
export interface Diagnostic {
  /** The key's path, e.g. `services.time.port`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly position?: Position;
}

/** The configuration cannot be used. Holds every error that was found in it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    /** The file's path as the user gave it. */
    readonly file: string,
    /** The file's text; the report quotes its lines. */
    readonly source: string,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    const count = diagnostics.length === 1 ? "a mistake" : `${diagnostics.length} mistakes`;
    super(`Cannot use ${file}: ${count}`);
  }

  /** `lab.yaml:7:5  services.tme: there is no role "tme". Did you mean "time"?`, each with its line below. */
  report(): string {
    const lines = this.source.split("\n");
    const inOrder = [...this.diagnostics].sort(byPosition);
    return inOrder.map((diagnostic) => this.#format(diagnostic, lines)).join("\n");
  }

  #format({ path, message, position }: Diagnostic, lines: readonly string[]): string {
    const place = position === undefined ? this.file : `${this.file}:${position.line}:${position.column}`;
    const text = `${place}  ${path === "" ? "" : `${path}: `}${message}`;
    const line = position === undefined ? undefined : lines[position.line - 1];
    if (position === undefined || line === undefined || line.length > maxShown) return text;
    const number = String(position.line).padStart(5);
    const maxLength = Math.max(1, line.length - position.column + 1);
    const carets = "^".repeat(Math.max(1, Math.min(position.length, maxLength)));
    const indent = line.slice(0, position.column - 1).replace(/[^\t]/g, " ");
    return `${text}\n${number} | ${redactLine(line.trimEnd())}\n      | ${indent}${carets}`;
  }
}

/** In the order of the file; what has no position comes first. */
function byPosition({ position: a }: Diagnostic, { position: b }: Diagnostic): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}
