import type { Diagnostic } from "./diagnostic.ts";
import type { ConfigDocument, Path } from "./document.ts";
import type { Registry } from "./plan.ts";

/** What all checks share while one file is loaded. */
export interface LoadContext {
  readonly document: ConfigDocument;
  readonly registry: Registry;
  readonly diagnostics: Diagnostic[];
}

/** What a diagnostic is about. */
interface Subject {
  /** The key at the end of the path is wrong, not its value. */
  readonly isKey?: boolean;
  /** The message quotes no value. */
  readonly isDiscreet?: boolean;
}

/** Adds an error with the position that it has in the file. What is wrong with text from a file is not said in detail. */
export function addDiagnostic(
  context: LoadContext,
  path: Path,
  message: string,
  { isKey = false, isDiscreet = false }: Subject = {},
): void {
  const { document, diagnostics } = context;
  const position = (isKey ? document.positionOfKey(path) : undefined) ?? document.positionOf(path);
  const files = isKey || isDiscreet ? [] : document.filesOf(path);
  const text = files.length === 0 ? message : unshown(files);
  diagnostics.push({ path: path.join("."), message: text, ...(position && { position }) });
}

const unshown = (files: readonly string[]): string =>
  `cannot be what ${files.join(" and ")} ${files.length === 1 ? "holds" : "hold"}, which is not shown; with another value here this says what is wrong`;
