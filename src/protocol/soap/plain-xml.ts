import type { QName } from "./namespaces.ts";
import { maxAttributes, maxDepth, maxElements, type XmlAttribute, type XmlHandler } from "./xml-events.ts";
import { isXmlCharacter } from "./xml-text.ts";

interface XmlElement {
  readonly name: QName;
  readonly attributes: readonly XmlAttribute[];
}

/** An element begins, or text, or the innermost element ends. */
type XmlEvent = XmlElement | string | null;

/**
 * Fast path: reads the XML that SOAP clients write, several times as fast as saxes: elements and attributes with ASCII
 * names, text, references, CDATA, comments. All else, and whatever is not well-formed or beyond a limit, is left to saxes,
 * so this reader words no mistakes; what it does take, it takes as saxes does.
 * @param text without characters that XML forbids
 * @returns undefined when saxes is to read it
 */
export function readPlainXml(text: string): readonly XmlEvent[] | undefined {
  // XML 1.0 §2.11
  return new PlainXmlReader(text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text).read();
}

export function replay(events: readonly XmlEvent[], handler: XmlHandler): void {
  let depth = 0;
  for (const event of events) {
    if (event === null) handler.close(depth--);
    else if (typeof event === "string") handler.text(event, depth);
    else handler.open(event.name, event.attributes, ++depth);
  }
}

const declaration =
  /<\?xml[ \t\n]+version=(?:"1\.0"|'1\.0')(?:[ \t\n]+encoding=(?:"[A-Za-z][\w.-]*"|'[A-Za-z][\w.-]*'))?[ \t\n]*\?>/y;

/** Bindings in scope. More would take long to search. */
const maxBindings = 64;

const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/";

const [newLine, tab, space, bang, quote, apostrophe, slash, colon] = [
  0x0a, 0x09, 0x20, 0x21, 0x22, 0x27, 0x2f, 0x3a,
] as const;
const [equals, greater] = [0x3d, 0x3e] as const;

/** Of ASCII: 1 where it may begin a name without a colon, 2 where it may only go on with it. */
const nameKinds = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[A-Za-z_]/.test(character) ? 1 : /[-.0-9]/.test(character) ? 2 : 0;
});

const noAttributes: readonly XmlAttribute[] = [];

/** Each method returns false where saxes is to read the document. */
class PlainXmlReader {
  readonly #text: string;
  #at = 0;
  readonly #events: XmlEvent[] = [];
  #elements = 0;
  /** The names of the open elements, as they are written. */
  readonly #open: string[] = [];
  /** How many bindings there were before each of them. */
  readonly #marks: number[] = [];
  /** The bindings in scope, the innermost last. */
  readonly #prefixes: string[] = [];
  readonly #namespaces: string[] = [];
  /** Of the name that was read last. */
  #prefix = "";
  #local = "";
  /** The attributes of the element that is being read, its declarations of namespaces taken out. */
  #attributes: XmlAttribute[] = [];
  readonly #attributePrefixes: string[] = [];
  /** Of the attribute that was read last. */
  #value = "";

  constructor(text: string) {
    this.#text = text;
  }

  read(): readonly XmlEvent[] | undefined {
    const isRead = this.#readDeclaration() && this.#skipMisc() && this.#readElements() && this.#skipMisc();
    return isRead && this.#at === this.#text.length ? this.#events : undefined;
  }

  #readDeclaration(): boolean {
    if (!this.#text.startsWith("<?")) return true;
    declaration.lastIndex = 0;
    if (!declaration.test(this.#text)) return false;
    this.#at = declaration.lastIndex;
    return true;
  }

  /** White space and comments, outside of the root element. */
  #skipMisc(): boolean {
    for (;;) {
      this.#skipSpace();
      if (!this.#text.startsWith("<!--", this.#at)) return true;
      if (!this.#skipComment()) return false;
    }
  }

  #readElements(): boolean {
    if (this.#text[this.#at] !== "<" || !this.#readStartTag()) return false;
    while (this.#open.length > 0) if (!this.#readText() || !this.#readMarkup()) return false;
    return true;
  }

  #readText(): boolean {
    const start = this.#at;
    const end = this.#text.indexOf("<", start);
    if (end === start) return true;
    if (end < 0) return false;
    this.#at = end;
    const text = this.#text.slice(start, end);
    if (text.includes("]]>")) return false;
    return this.#add(text.includes("&") ? resolveReferences(text) : text);
  }

  #add(text: string | undefined): boolean {
    if (text === undefined) return false;
    this.#events.push(text);
    return true;
  }

  /** Begins with a `<`. */
  #readMarkup(): boolean {
    const code = this.#text.charCodeAt(this.#at + 1);
    if (code === slash) return this.#readEndTag();
    if (code !== bang) return this.#readStartTag();
    return this.#text.startsWith("<!--", this.#at) ? this.#skipComment() : this.#readCdata();
  }

  #skipComment(): boolean {
    const start = this.#at + "<!--".length;
    const end = this.#text.indexOf("--", start);
    if (end < 0 || this.#text.charCodeAt(end + 2) !== greater) return false;
    this.#at = end + "-->".length;
    return true;
  }

  #readCdata(): boolean {
    if (!this.#text.startsWith("<![CDATA[", this.#at)) return false;
    const start = this.#at + "<![CDATA[".length;
    const end = this.#text.indexOf("]]>", start);
    if (end < 0) return false;
    this.#at = end + "]]>".length;
    return end === start || this.#add(this.#text.slice(start, end));
  }

  #readEndTag(): boolean {
    const text = this.#text;
    const name = this.#open.at(-1)!;
    this.#at += "</".length;
    if (!text.startsWith(name, this.#at)) return false;
    this.#at += name.length;
    if (this.#skipSpace() !== greater) return false;
    this.#at++;
    this.#endElement();
    return true;
  }

  #endElement(): void {
    this.#open.pop();
    const mark = this.#marks.pop()!;
    if (this.#prefixes.length > mark) {
      this.#prefixes.length = mark;
      this.#namespaces.length = mark;
    }
    this.#events.push(null);
  }

  #readStartTag(): boolean {
    const start = ++this.#at;
    if (!this.#readName()) return false;
    const name = this.#text.slice(start, this.#at);
    const prefix = this.#prefix;
    const local = this.#local;
    if (++this.#elements > maxElements || this.#open.push(name) > maxDepth) return false;
    this.#marks.push(this.#prefixes.length);
    const isEmpty = this.#readAttributes();
    if (isEmpty === undefined) return false;
    const namespace = this.#resolve(prefix);
    if (namespace === undefined || !this.#resolveAttributes()) return false;
    const attributes = this.#attributes.length === 0 ? noAttributes : this.#attributes;
    this.#events.push({ name: { namespace, local }, attributes });
    if (isEmpty) this.#endElement();
    return true;
  }

  /** @returns whether the element ends with its tag; undefined: saxes is to read the document */
  #readAttributes(): boolean | undefined {
    if (this.#attributes.length > 0) {
      this.#attributes = [];
      this.#attributePrefixes.length = 0;
    }
    for (let count = 0; count <= maxAttributes; count++) {
      const end = this.#at;
      const code = this.#skipSpace();
      if (code === greater) {
        this.#at++;
        return false;
      }
      if (code === slash) {
        if (this.#text.charCodeAt(this.#at + 1) !== greater) return undefined;
        this.#at += 2;
        return true;
      }
      if (this.#at === end || !this.#readAttribute()) return undefined;
    }
    return undefined;
  }

  #readAttribute(): boolean {
    if (!this.#readName()) return false;
    const prefix = this.#prefix;
    const local = this.#local;
    if (this.#skipSpace() !== equals) return false;
    this.#at++;
    if (!this.#readValue()) return false;
    if (prefix === "xmlns") return this.#value.trim() !== "" && this.#bind(local);
    if (prefix === "" && local === "xmlns") return this.#bind("");
    // Its namespace is known when all of the tag is.
    this.#attributePrefixes.push(prefix);
    this.#attributes.push({ namespace: "", local, value: this.#value });
    return true;
  }

  #readValue(): boolean {
    const code = this.#skipSpace();
    if (code !== quote && code !== apostrophe) return false;
    const start = this.#at + 1;
    const end = this.#text.indexOf(code === quote ? '"' : "'", start);
    if (end < 0) return false;
    this.#at = end + 1;
    const value = this.#text.slice(start, end);
    if (!notPlain.test(value)) {
      this.#value = value;
      return true;
    }
    // XML 1.0 §3.3.3: white space becomes spaces, but for what references make.
    const resolved = value.includes("<") ? undefined : resolveReferences(value.replace(/[\t\n]/g, " "));
    this.#value = resolved ?? "";
    return resolved !== undefined;
  }

  #bind(prefix: string): boolean {
    const namespace = this.#value.trim();
    const isReserved = prefix === "xml" || prefix === "xmlns";
    if (isReserved || namespace === xmlNamespace || namespace === xmlnsNamespace) return false;
    // Twice in one tag, it would be the same attribute twice.
    if (this.#prefixes.indexOf(prefix, this.#marks.at(-1)) >= 0) return false;
    this.#namespaces.push(namespace);
    return this.#prefixes.push(prefix) <= maxBindings;
  }

  #resolve(prefix: string): string | undefined {
    const index = this.#prefixes.lastIndexOf(prefix);
    if (index >= 0) return this.#namespaces[index];
    if (prefix === "") return "";
    return prefix === "xml" ? xmlNamespace : undefined;
  }

  /** Attributes without a prefix are in no namespace. (Namespaces in XML 1.0 §6.2) */
  #resolveAttributes(): boolean {
    const attributes = this.#attributes;
    for (let index = 0; index < attributes.length; index++) {
      const prefix = this.#attributePrefixes[index]!;
      if (prefix !== "") {
        const namespace = this.#resolve(prefix);
        if (namespace === undefined) return false;
        attributes[index] = { ...attributes[index]!, namespace };
      }
      if (isAmong(attributes, index)) return false;
    }
    return true;
  }

  /** @returns false for a name with other characters than ASCII, or with a colon where none may be */
  #readName(): boolean {
    const text = this.#text;
    let start = this.#at;
    let at = start;
    this.#prefix = "";
    if (!isNameStart(text.charCodeAt(at))) return false;
    let code = text.charCodeAt(++at);
    while (isNameCode(code)) code = text.charCodeAt(++at);
    if (code === colon) {
      this.#prefix = text.slice(start, at);
      start = ++at;
      if (!isNameStart(text.charCodeAt(at))) return false;
      code = text.charCodeAt(++at);
      while (isNameCode(code)) code = text.charCodeAt(++at);
    }
    this.#local = text.slice(start, at);
    this.#at = at;
    return true;
  }

  /** @returns the code of the character that follows */
  #skipSpace(): number {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === space || code === newLine || code === tab) code = text.charCodeAt(++this.#at);
    return code;
  }
}

const isNameStart = (code: number): boolean => code < 128 && nameKinds[code] === 1;
const isNameCode = (code: number): boolean => code < 128 && nameKinds[code] !== 0;

/** Whether one of the attributes before it has its name. */
function isAmong(attributes: readonly XmlAttribute[], index: number): boolean {
  const { namespace, local } = attributes[index]!;
  for (let other = 0; other < index; other++) {
    const attribute = attributes[other]!;
    if (attribute.local === local && attribute.namespace === namespace) return true;
  }
  return false;
}

/** What a value has to be looked at for. */
const notPlain = /[<&\t\n]/;

/** @returns undefined where there is another reference than to a character that may be there, or a bare `&` */
function resolveReferences(text: string): string | undefined {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf("&"); at >= 0; at = text.indexOf("&", from)) {
    const end = text.indexOf(";", at);
    // The longest is &#x10ffff;
    if (end < 0 || end - at > 9) return undefined;
    const character = characterOf(text.slice(at + 1, end));
    if (character === undefined) return undefined;
    parts.push(text.slice(from, at), character);
    from = end + 1;
  }
  parts.push(text.slice(from));
  return parts.join("");
}

const entities: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

function characterOf(reference: string): string | undefined {
  if (!reference.startsWith("#")) return entities.get(reference);
  const isHex = reference[1] === "x";
  const digits = reference.slice(isHex ? 2 : 1);
  if (!(isHex ? /^[0-9A-Fa-f]+$/ : /^[0-9]+$/).test(digits)) return undefined;
  const code = Number.parseInt(digits, isHex ? 16 : 10);
  return isXmlCharacter(code) ? String.fromCodePoint(code) : undefined;
}
