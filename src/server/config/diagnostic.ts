import { veilLine } from "./redact.ts";

/** Where in a file something stands: line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** How many characters the marked piece is long. */
  readonly length: number;
}

/** One thing wrong with the configuration. */
export interface Mistake {
  /** The key's path, e.g. `services.time.port`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly position?: Position;
}

/** The configuration cannot be used; all its mistakes at once, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(
    /** The file's path as the user gave it. */
    readonly file: string,
    /** The file's text, for showing the lines. */
    readonly source: string,
    readonly mistakes: readonly Mistake[],
  ) {
    super(`Cannot use ${file}: ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}`);
  }

  /** `lab.yaml:7:5  services.tme: there is no role "tme". Did you mean "time"?`, each with its line below. */
  report(): string {
    const lines = this.source.split("\n");
    const inOrder = [...this.mistakes].sort((a, b) => lineOf(a) - lineOf(b));
    return inOrder.map((mistake) => this.#describe(mistake, lines)).join("\n");
  }

  #describe({ path, message, position }: Mistake, lines: readonly string[]): string {
    const place = position === undefined ? this.file : `${this.file}:${position.line}:${position.column}`;
    const text = `${place}  ${path === "" ? "" : `${path}: `}${message}`;
    const line = position === undefined ? undefined : lines[position.line - 1];
    if (position === undefined || line === undefined) return text;
    const number = String(position.line).padStart(5);
    const room = Math.max(1, line.length - position.column + 1);
    const mark = "^".repeat(Math.max(1, Math.min(position.length, room)));
    const indent = line.slice(0, position.column - 1).replace(/[^\t]/g, " ");
    return `${text}\n${number} | ${veilLine(line.trimEnd())}\n      | ${indent}${mark}`;
  }
}

function lineOf(mistake: Mistake): number {
  return mistake.position?.line ?? 0;
}
