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
