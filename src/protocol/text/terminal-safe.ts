// Everything that moves the cursor or reorders a line, except the line end, the tab, and the colours above.
const unsafe =
  /\u001b(?!\[(?:1|2|22|31|32|33|39)m)|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Makes text of a peer safe to print: control characters become visible escapes such as `\x1b`. */
export function terminalSafe(text: string): string {
  const shown = text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
  });
  if (shown.isWellFormed()) return shown;
  // What `textOfBytes` makes of bytes that are not UTF-8.
  return shown.replace(/[\udc80-\udcff]/gu, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}
