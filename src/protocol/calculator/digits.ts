/** What Python's `str.strip()` removes; JavaScript's `trim` differs in the C0 separators and U+FEFF. */
const pythonSpace = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const leadingSpace = new RegExp(`^${pythonSpace}+`);
const notSpace = new RegExp(`(?!${pythonSpace})[^]`);

export function trimSpace(text: string): string {
  const start = text.replace(leadingSpace, "");
  // Counted from the end by hand: a pattern anchored there would look at every run of spaces in the middle.
  let end = start.length;
  while (end > 0 && !notSpace.test(start.charAt(end - 1))) end--;
  return start.slice(0, end);
}

/** Decimal digits of every script as 0 to 9: Arabic `٣` is `3`. Everything else stays as it is. */
export function asciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, (digit) => String(digitValue(digit.codePointAt(0) ?? 0)));
}

const isDigit = /^\p{Nd}$/u;

/** Unicode places the digits of a script side by side from 0 to 9, and sets of digits never overlap. */
function digitValue(codePoint: number): number {
  let start = codePoint;
  while (isDigit.test(String.fromCodePoint(start - 1))) start--;
  return (codePoint - start) % 10;
}
