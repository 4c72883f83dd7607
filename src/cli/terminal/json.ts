declare global {
  // In the engine (ECMAScript stage 4), not yet in TypeScript's library.
  interface JSON {
    rawJSON(text: string): unknown;
  }
}

/** One object on one line, as `--json` prints it; a bigint is written as the exact number it is. */
export function jsonLine(value: object): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "bigint") return JSON.rawJSON(inner.toString());
    return typeof inner === "string" ? inner.toWellFormed() : inner;
  });
}

/** Whether a text is valid JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
