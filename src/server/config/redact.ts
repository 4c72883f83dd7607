// A file with an error has no schema that says which of its values are secret, so the names of the keys decide.
const secretName = String.raw`\w*(?:pass|token|secret)\w*`;

/** The value of such a key: a quoted text, or everything up to the next key, the closing brace or the line's end. */
const secretInLine = new RegExp(
  String.raw`(\b${secretName}["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s"'].*?(?=\s*,\s*[\w"']+\s*:|\s*\}|\s*$))`,
  "gi",
);

const isSecretName = new RegExp(`^${secretName}$`, "i");

/** A line of a configuration with stars for its secrets. The length stays, so that carets below still point right. */
export function redactLine(line: string): string {
  return line.replace(secretInLine, (_, key: string, value: string) => key + "*".repeat(value.length));
}

/** A value as JSON for a message, with `***` for the values of keys that are named like secrets. */
export function redactedJson(value: unknown): string {
  const redact = (key: string, inner: unknown) => (isSecretName.test(key) ? "***" : inner);
  return JSON.stringify(value, redact) ?? String(value);
}
