import { SaxesParser, type SaxesTagNS } from "saxes";
import { readPlainXml, replay } from "./plain-xml.ts";
import { maxAttributes, maxDepth, maxElements, type XmlAttribute, type XmlHandler } from "./xml-events.ts";
import { findForbiddenCharacter, XmlError } from "./xml-text.ts";

/**
 * Reads a whole document, within limits. No entity is ever expanded or fetched, because a DOCTYPE is refused.
 * @throws {XmlError}
 */
export function readXml(text: string, handler: XmlHandler): void {
  const bad = findForbiddenCharacter(text);
  if (bad >= 0) throw characterError(text, bad);
  const events = readPlainXml(text);
  if (events === undefined) readBySaxes(text, handler);
  else replay(events, handler);
}

/**
 * Any document, read with saxes.
 * @throws {XmlError}
 */
export function readBySaxes(text: string, handler: XmlHandler): void {
  new Reader(handler).read(text);
}

class Reader {
  readonly #parser = new SaxesParser({ xmlns: true });
  readonly #handler: XmlHandler;
  /** The open elements and their lines, for the error message of a premature end. */
  readonly #open: { readonly local: string; readonly line: number }[] = [];
  #text = "";
  #elements = 0;
  #attributes = 0;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
    const parser = this.#parser;
    parser.on("opentag", (tag) => this.#openTag(tag));
    parser.on("closetag", () => this.#closeTag());
    const onText = (text: string) => this.#handler.text(text, this.#open.length);
    parser.on("text", onText);
    parser.on("cdata", onText);
    parser.on("attribute", () => {
      if (++this.#attributes > maxAttributes) this.#fail(`More than ${maxAttributes} attributes`);
    });
    parser.on("doctype", () => this.#fail("A SOAP message must not have a DOCTYPE"));
    parser.on("error", (error) => {
      throw this.#mistake(error);
    });
  }

  read(text: string): void {
    this.#text = text;
    if (text.trim() === "") throw new XmlError("Document is empty", 1, 1);
    this.#parser.write(text).close();
  }

  #openTag({ uri, local, attributes }: SaxesTagNS): void {
    const depth = this.#open.length + 1;
    if (depth > maxDepth) this.#fail(`More than ${maxDepth} levels of elements`);
    if (++this.#elements > maxElements) this.#fail(`More than ${maxElements} elements`);
    this.#attributes = 0;
    this.#open.push({ local, line: this.#parser.line });
    this.#handler.open({ namespace: uri, local }, namedAttributes(attributes), depth);
  }

  #closeTag(): void {
    this.#handler.close(this.#open.length);
    this.#open.pop();
  }

  /** saxes' error, worded as libxml2 does where the original server's wording is known. */
  #mistake(error: Error): XmlError {
    const message = error.message.replace(/^\d+:\d+: |\.$/g, "");
    const inner = this.#open.at(-1);
    if (message.startsWith("text data outside") && this.#elements === 0) return this.#notBegun();
    if (/^(?:text data outside|documents may contain only one)/.test(message))
      return this.#errorHere("Extra content at the end of the document");
    // The position is the one behind the data.
    if (message.startsWith("unclosed tag") && inner !== undefined)
      return this.#errorHere(`Premature end of data in tag ${inner.local} line ${inner.line}`, 1);
    const [, prefix] = /^unbound namespace prefix: "?([^"]*)"?$/.exec(message) ?? [];
    if (prefix !== undefined)
      return this.#errorHere(`Namespace prefix ${prefix.slice(0, 100)} is not defined`);
    return this.#errorHere(message.charAt(0).toUpperCase() + message.slice(1));
  }

  #notBegun(): XmlError {
    const before = this.#text.slice(0, this.#text.search(/\S/)).split("\n");
    return new XmlError("Start tag expected, '<' not found", before.length, (before.at(-1)?.length ?? 0) + 1);
  }

  #fail(mistake: string): never {
    throw this.#errorHere(mistake);
  }

  #errorHere(mistake: string, further = 0): XmlError {
    return new XmlError(mistake, this.#parser.line, Math.max(1, this.#parser.column + further));
  }
}

/** Without the declarations of namespaces. */
function namedAttributes(attributes: SaxesTagNS["attributes"]): XmlAttribute[] {
  return Object.values(attributes)
    .filter(({ name, prefix }) => name !== "xmlns" && prefix !== "xmlns")
    .map(({ uri, local, value }) => ({ namespace: uri, local, value }));
}

function characterError(text: string, index: number): XmlError {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  const column = index - before.lastIndexOf("\n");
  return new XmlError(`PCDATA invalid Char value ${text.codePointAt(index)}`, line, column);
}
