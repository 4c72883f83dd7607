import { shellWord } from "../../../../protocol/text/shell-word.ts";

/** A command of several words, with a line for each option once it gets long. */
export function shellCommand(words: readonly (string | readonly string[])[]): string {
  const parts = words.map((word) =>
    typeof word === "string" ? shellWord(word) : word.map(shellWord).join(" "),
  );
  const line = parts.join(" ");
  return line.length <= 88 ? line : parts.join(" \\\n  ");
}

/** A string literal of Python and of JavaScript: JSON is both. */
export const stringLiteral = (text: string): string => JSON.stringify(text);

/** A bytes literal of Python. */
export function pythonBytes(bytes: Uint8Array): string {
  const known: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\" };
  const shown = [...bytes].map((byte) => {
    if (known[byte] !== undefined) return known[byte];
    return byte >= 0x20 && byte < 0x7f
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`;
  });
  return `b"${shown.join("")}"`;
}

/** An expression of JavaScript that is these bytes: a string where they are UTF-8. */
export function scriptBytes(bytes: Uint8Array): string {
  try {
    return stringLiteral(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return `Uint8Array.of(${[...bytes].map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(", ")})`;
  }
}
