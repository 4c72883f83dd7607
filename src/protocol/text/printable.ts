const decoder = new TextDecoder("utf-8");

/**
 * Bytes from the network as one printable line: bad UTF-8 becomes U+FFFD, control and bidirectional characters become
 * escapes (`\n`, `\x1b`), and text of more than `limit` characters is cut, with a note of its length in bytes (of a
 * string: characters).
 */
export function printable(value: Uint8Array | string, limit = 120): string {
  // A character takes at most four bytes, so no more of a large buffer needs decoding.
  const isLong = value.length > limit * 4;
  const text =
    typeof value === "string" ? value : decoder.decode(isLong ? value.subarray(0, limit * 4) : value);
  const cut = isLong || text.length > limit;
  // A character beyond the basic plane is not cut in two.
  const shown = escapeControls(cut ? text.slice(0, limit).replace(/[\ud800-\udbff]$/, "") : text);
  if (!cut) return shown;
  return `${shown}… (${value.length} ${typeof value === "string" ? "characters" : "bytes"})`;
}

// C0 and C1 controls, line and paragraph separators, bidirectional overrides, lone surrogates.
const unprintable =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

function escapeControls(text: string): string {
  return text.replace(unprintable, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    const code = character.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}
