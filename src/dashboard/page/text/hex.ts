/** A line of a hex dump. */
export interface HexLine {
  readonly offset: string;
  readonly hex: string;
  readonly ascii: string;
}

/** Formats bytes like `hexdump -C`: a gap after eight, a dot for unprintable ones. */
export function hexLines(bytes: Uint8Array, perLine = 16, limit = 4096): HexLine[] {
  const lines: HexLine[] = [];
  for (let start = 0; start < Math.min(bytes.length, limit); start += perLine) {
    const part = bytes.subarray(start, Math.min(start + perLine, limit));
    lines.push({ offset: start.toString(16).padStart(4, "0"), hex: hexOf(part), ascii: asciiOf(part) });
  }
  return lines;
}

/** The same as one text. */
export function hexDump(bytes: Uint8Array): string {
  return hexLines(bytes)
    .map(({ offset, hex, ascii }) => `${offset}  ${hex.padEnd(48)}  ${ascii}`)
    .join("\n");
}

export function bytesOfBase64(text: string): Uint8Array {
  const binary = atob(text);
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** `0a` */
export const hexPair = (byte: number): string => byte.toString(16).padStart(2, "0");

/** A dot for what cannot be printed. */
export const asciiChar = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";

function hexOf(bytes: Uint8Array): string {
  const pairs = Array.from(bytes, hexPair);
  const [left, right] = [pairs.slice(0, 8), pairs.slice(8)];
  return right.length === 0 ? left.join(" ") : `${left.join(" ")}  ${right.join(" ")}`;
}

const asciiOf = (bytes: Uint8Array): string => Array.from(bytes, asciiChar).join("");
