// A file with a mistake has not been understood, so its schema cannot say yet what in it is secret: the names do.
const secretName = String.raw`\w*(?:pass|token|secret)\w*`;

/** A value behind such a key: in quotes, or up to the next key, the end of its braces or the line's. */
const secretInLine = new RegExp(
  String.raw`(\b${secretName}["']?\s*:\s*)("[^"]*"?|'[^']*'?|[^\s"'].*?(?=\s*,\s*[\w"']+\s*:|\s*\}|\s*$))`,
  "gi",
);

const isSecretName = new RegExp(`^${secretName}$`, "i");

/** A line of a configuration to be shown: stars in a secret's place, of its width, so that marks below stay true. */
export function veilLine(line: string): string {
  return line.replace(secretInLine, (_, key: string, value: string) => key + "*".repeat(value.length));
}

/** A value as JSON, for a message; what stands under a secret's name is left out of it. */
export function veiledJson(value: unknown): string {
  const veiled = (key: string, inner: unknown) => (isSecretName.test(key) ? "***" : inner);
  return JSON.stringify(value, veiled) ?? String(value);
}
