/** The document is not well-formed, or exceeds a limit. Lines and columns count from 1. */
export class XmlError extends Error {
  override readonly name = "XmlError";
  constructor(
    /** What is wrong, without the position. */
    readonly mistake: string,
    readonly line: number,
    readonly column: number,
    options?: ErrorOptions,
  ) {
    // The format of libxml2 under Python, which the original server passed on to its clients.
    super(`${mistake}, line ${line}, column ${column} (<string>, line ${line})`, options);
  }
}

// Everything outside XML 1.0's Char production (§2.2): a parser would refuse the whole document.
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const allForbidden = new RegExp(forbidden, "gu");
/** Of white space what a reader would turn into a space or another line end. */
const special = /[&<>"\t\n\r]/g;
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Escapes text for an element or a double-quoted attribute; characters that XML forbids become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(allForbidden, "\ufffd").replace(special, (character) => escapes[character] ?? "");
}

/** The index of the first character that XML forbids; -1: none. */
export function findForbiddenCharacter(text: string): number {
  return text.search(forbidden);
}

/** XML 1.0 §2.2 */
export const isXmlCharacter = (code: number): boolean =>
  (code >= 0x20 && code <= 0xd7ff) ||
  code === 0x09 ||
  code === 0x0a ||
  code === 0x0d ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);
