import type { Diagnostic } from "./diagnostic.ts";
import type { ConfigDocument, Path } from "./document.ts";
import type { Registry } from "./plan.ts";

/** What all checks share while one file is loaded. */
export interface LoadContext {
  readonly document: ConfigDocument;
  readonly registry: Registry;
  readonly diagnostics: Diagnostic[];
}

/**
 * Adds an error with the position that it has in the file.
 * @param isKey the key at the end of `path` is wrong, not its value
 */
export function addDiagnostic(context: LoadContext, path: Path, message: string, isKey = false): void {
  const { document, diagnostics } = context;
  const position = (isKey ? document.positionOfKey(path) : undefined) ?? document.positionOf(path);
  diagnostics.push({ path: path.join("."), message, ...(position && { position }) });
}
