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

function hexOf(bytes: Uint8Array): string {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const [left, right] = [pairs.slice(0, 8), pairs.slice(8)];
  return right.length === 0 ? left.join(" ") : `${left.join(" ")}  ${right.join(" ")}`;
}

function asciiOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
}
