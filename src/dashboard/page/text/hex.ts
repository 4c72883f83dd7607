/** A line of a hex view: where it begins, its bytes, and how they read. */
export interface HexLine {
  readonly offset: string;
  readonly hex: string;
  readonly ascii: string;
}

/** As `hexdump -C` shows bytes: sixteen a line, a gap in the middle, a dot for what cannot be printed. */
export function hexLines(bytes: Uint8Array, perLine = 16, limit = 4096): HexLine[] {
  const lines: HexLine[] = [];
  for (let start = 0; start < Math.min(bytes.length, limit); start += perLine) {
    const part = bytes.subarray(start, Math.min(start + perLine, limit));
    lines.push({ offset: start.toString(16).padStart(4, "0"), hex: hexOf(part), ascii: asciiOf(part) });
  }
  return lines;
}

/** The same as text, to be copied or put into a report. */
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
