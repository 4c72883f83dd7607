/**
 * The approximate width of a text in pixels. It is the same in a browser, in a test and in an exported picture. System
 * fonts differ by a few per cent, so this errs on the wide side.
 */
export function textWidth(text: string, size: number): number {
  let ems = 0;
  for (const char of text) ems += emsOf(char);
  return ems * size;
}

/** The text, cut with an ellipsis to fit. */
export function fit(text: string, size: number, room: number): string {
  if (textWidth(text, size) <= room) return text;
  const dots = emsOf("…") * size;
  let used = dots;
  let kept = "";
  for (const char of text) {
    used += emsOf(char) * size;
    if (used > room) break;
    kept += char;
  }
  return `${kept.trimEnd()}…`;
}

/** The text in lines that fit, broken between words where there are any. */
export function wrap(text: string, size: number, room: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split(/\r?\n/)) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const longer = line === "" ? word : `${line} ${word}`;
      if (line !== "" && textWidth(longer, size) > room) lines.push(line);
      line = line !== "" && textWidth(longer, size) > room ? word : longer;
      while (textWidth(line, size) > room) {
        const part = fitting(line, size, room);
        lines.push(part);
        line = line.slice(part.length);
      }
    }
    lines.push(line);
  }
  return lines;
}

/** As much of the beginning as fits, and at least one character. */
function fitting(text: string, size: number, room: number): string {
  let used = 0;
  let kept = "";
  for (const char of text) {
    used += emsOf(char) * size;
    if (used > room && kept !== "") break;
    kept += char;
  }
  return kept;
}

/** Like `fit`, but keeps the end of an address, because peers on one machine differ in their ports. */
export function fitPeer(label: string, size: number, room: number): string {
  if (!/:\d+$/.test(label)) return fit(label, size, room);
  let text = label;
  while (textWidth(text, size) > room && text.length > 1)
    text = `…${text.slice(text.startsWith("…") ? 2 : 1)}`;
  return text;
}

function emsOf(char: string): number {
  if ("iljI|!.,:;'` ".includes(char)) return 0.34;
  if ('frt()[]{}"/\\-*'.includes(char)) return 0.42;
  if ("mwMW@%—…".includes(char)) return 0.98;
  if (char >= "A" && char <= "Z") return 0.7;
  // Chinese, Japanese, Korean, emoji.
  if (char > "\u2e7f") return 1.1;
  return 0.61;
}
