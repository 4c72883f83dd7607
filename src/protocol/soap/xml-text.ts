/** The document is not well-formed, or holds more than we take. Lines and columns count from 1. */
export class XmlError extends Error {
  override readonly name = "XmlError";
  constructor(
    /** What is wrong, without the place. */
    readonly mistake: string,
    readonly line: number,
    readonly column: number,
    options?: ErrorOptions,
  ) {
    // The wording of libxml2 under Python, which the original server passed on to its clients.
    super(`${mistake}, line ${line}, column ${column} (<string>, line ${line})`, options);
  }
}

// Everything outside XML 1.0's Char production (§2.2): a parser would refuse the whole document.
const notXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const notXmlAll = new RegExp(notXml, "gu");
const special = /[&<>"]/g;
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Any text as XML text, or as a value in double quotes; what XML cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(notXmlAll, "\ufffd").replace(special, (character) => escapes[character] ?? "");
}

/** The place of the first character that may not stand in an XML document; -1 when there is none. */
export function findNotXml(text: string): number {
  return text.search(notXml);
}
