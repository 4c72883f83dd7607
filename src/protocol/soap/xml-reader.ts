import sax, { type Parser, type Tag } from "sax";
import { Namespaces, type QName } from "./namespaces.ts";
import { findForbiddenCharacter, XmlError } from "./xml-text.ts";

/** A SOAP message of this service needs 4 levels and a handful of attributes. */
const maxDepth = 32;
const maxAttributes = 64;

export interface XmlAttribute extends QName {
  readonly value: string;
}

/** Receives the contents of a document in order. `depth` is 1 for the root element. */
export interface XmlHandler {
  open(name: QName, attributes: readonly XmlAttribute[], depth: number): void;
  text(text: string, depth: number): void;
  close(depth: number): void;
}

/**
 * Reads a whole document with sax, and adds what sax lacks: namespaces, a single root, the check for forbidden
 * characters, and limits. No entity is ever expanded or fetched, because a DOCTYPE is refused.
 * @throws {XmlError}
 */
export function readXml(text: string, handler: XmlHandler): void {
  const bad = findForbiddenCharacter(text);
  if (bad >= 0) throw characterError(text, bad);
  const reader = new Reader(handler);
  reader.read(text);
}

class Reader {
  readonly #parser: Parser = sax.parser(true, { strictEntities: true });
  readonly #handler: XmlHandler;
  readonly #namespaces = new Namespaces();
  /** The open elements and their lines, for the error message of a premature end. */
  readonly #open: { readonly local: string; readonly line: number }[] = [];
  #attributes = 0;
  #sawRoot = false;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
    const parser = this.#parser;
    parser.onopentag = (tag) => this.#openTag(tag);
    parser.onclosetag = () => this.#closeTag();
    parser.ontext = (text) => this.#text(text);
    parser.oncdata = (text) => this.#text(text);
    parser.onattribute = ({ name }) => this.#attribute(name);
    parser.ondoctype = () => this.#fail("A SOAP message must not have a DOCTYPE");
    parser.onerror = (error) => this.#fail(this.#mistake(error));
  }

  read(text: string): void {
    this.#parser.write(text).close();
    if (!this.#sawRoot) throw new XmlError("Document is empty", 1, 1);
  }

  #attribute(name: string): void {
    if (++this.#attributes > maxAttributes) this.#fail(`More than ${maxAttributes} attributes`);
    // sax calls this method on its plain object of attributes, and would fail at the next attribute.
    if (name === "hasOwnProperty") this.#fail(`Attribute ${name} is not accepted`);
  }

  #openTag(tag: Tag): void {
    const depth = this.#open.length + 1;
    if (depth === 1 && this.#sawRoot) this.#fail("Extra content at the end of the document");
    if (depth > maxDepth) this.#fail(`More than ${maxDepth} levels of elements`);
    this.#sawRoot = true;
    this.#attributes = 0;
    this.#namespaces.bind(tag.attributes, depth);
    const name = this.#namespaces.element(tag.name) ?? this.#unbound(tag.name);
    this.#open.push({ local: name.local, line: this.#parser.line + 1 });
    this.#handler.open(name, this.#resolveAttributes(tag.attributes), depth);
  }

  #resolveAttributes(attributes: Readonly<Record<string, string>>): XmlAttribute[] {
    const resolved: XmlAttribute[] = [];
    for (const name in attributes) {
      if (name === "xmlns" || name.startsWith("xmlns:")) continue;
      const { namespace, local } = this.#namespaces.attribute(name) ?? this.#unbound(name);
      resolved.push({ namespace, local, value: attributes[name] ?? "" });
    }
    return resolved;
  }

  #text(text: string): void {
    this.#handler.text(text, this.#open.length);
  }

  #closeTag(): void {
    const depth = this.#open.length;
    this.#handler.close(depth);
    this.#namespaces.leave(depth);
    this.#open.pop();
  }

  #unbound(name: string): never {
    return this.#fail(`Namespace prefix of ${name.slice(0, 100)} is not defined`);
  }

  /** sax's error, worded as libxml2 does where the original server's wording is known. */
  #mistake(error: Error): string {
    const message = error.message.split("\n", 1)[0] ?? "";
    const inner = this.#open.at(-1);
    if (message.startsWith("Non-whitespace before")) return "Start tag expected, '<' not found";
    if (message.startsWith("Unclosed root") && inner !== undefined) {
      return `Premature end of data in tag ${inner.local} line ${inner.line}`;
    }
    return message;
  }

  #fail(mistake: string): never {
    // At the end of the data, the position is the one behind it.
    const column = this.#parser.column + (mistake.startsWith("Premature") ? 1 : 0);
    throw new XmlError(mistake, this.#parser.line + 1, Math.max(1, column));
  }
}

function characterError(text: string, index: number): XmlError {
  const before = text.slice(0, index);
  const line = before.split("\n").length;
  const column = index - before.lastIndexOf("\n");
  return new XmlError(`PCDATA invalid Char value ${text.codePointAt(index)}`, line, column);
}
