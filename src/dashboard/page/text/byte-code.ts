import { hexPair as hexOf } from "./hex.ts";

/** `68 61 6c 6f` */
export const asHexText = (bytes: Uint8Array): string => Array.from(bytes, hexOf).join(" ");

/** A literal as Python's `repr` writes it: `b'halo\r\n'`. */
export function asPython(bytes: Uint8Array): string {
  const escapes: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 39: "\\'", 92: "\\\\" };
  const char = (byte: number) =>
    escapes[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${hexOf(byte)}`);
  return `b'${Array.from(bytes, char).join("")}'`;
}

/** `new Uint8Array([0x68, 0x61])` */
export const asJavaScript = (bytes: Uint8Array): string => `new Uint8Array([${listOf(bytes)}])`;

/** `const unsigned char message[] = { 0x68, 0x61 };` Standard C has no empty arrays. */
export const asC = (bytes: Uint8Array): string =>
  `const unsigned char message[${Math.max(1, bytes.length)}] = { ${listOf(bytes) || "0"} };`;

/** Twelve a line, where they are more. */
function listOf(bytes: Uint8Array): string {
  const words = Array.from(bytes, (byte) => `0x${hexOf(byte)}`);
  if (words.length <= 12) return words.join(", ");
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += 12) lines.push(`  ${words.slice(at, at + 12).join(", ")}`);
  return `\n${lines.join(",\n")}\n`;
}
