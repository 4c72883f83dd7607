import { XmlError } from "./xml-text.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The text of an XML document. Its encoding is, in this order: the byte order mark's, the one that the first bytes
 * imply, the transport's `charset`, the XML declaration's `encoding`, UTF-8 (RFC 7303 §3).
 * @throws {XmlError} when the encoding is not supported or the bytes are not valid in it
 */
export function decodeXml(bytes: Uint8Array, charset: string | undefined): string {
  const label = unicodeEncoding(bytes) ?? charset ?? declaredEncoding(bytes) ?? "utf-8";
  const decoder = label === "utf-8" ? utf8 : decoderFor(label);
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new XmlError(`Input is not proper ${decoder.encoding.toUpperCase()}`, 1, 1, { cause });
  }
}

/** The body of a request, as bytes and as UTF-8: the text is undefined when it is not. */
interface Body {
  readonly body: Uint8Array;
  readonly bodyText: string | undefined;
}

/**
 * The same, of the body of a request: most are UTF-8, whose text can be had without the bytes.
 * @throws {XmlError}
 */
export function decodeXmlBody(request: Body, charset: string | undefined): string {
  if (charset === undefined || charset === "utf-8") {
    const text = request.bodyText;
    if (text !== undefined && !beginsAsUtf16(text) && (charset ?? declaredIn(text) ?? "utf-8") === "utf-8")
      return text;
  }
  return decodeXml(request.body, charset);
}

const beginsAsUtf16 = (text: string): boolean => text.charCodeAt(0) === 0 || text.charCodeAt(1) === 0;

/** Decoders by the labels that clients use. */
const encodings = new Map([
  ["utf-8", "utf-8"],
  ["utf8", "utf-8"],
  ["us-ascii", "utf-8"],
  ["iso-8859-1", "latin1"],
  ["windows-1252", "latin1"],
  ["utf-16", "utf-16le"],
  ["utf-16le", "utf-16le"],
  ["utf-16be", "utf-16be"],
] as const);

function decoderFor(label: string): TextDecoder {
  for (const [name, encoding] of encodings) {
    if (name === label) return new TextDecoder(encoding, { fatal: true });
  }
  throw new XmlError(`Unsupported encoding ${label.slice(0, 40)}`, 1, 1);
}

/** From a byte order mark, or from the zero beside `<`; it overrides every label. */
function unicodeEncoding(bytes: Uint8Array): string | undefined {
  const [first, second, third] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return "utf-16be";
  return undefined;
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  return declaredIn(String.fromCharCode(...bytes.subarray(0, 100)));
}

function declaredIn(text: string): string | undefined {
  const start = text.slice(0, 100);
  return /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']/.exec(start)?.[1]?.toLowerCase();
}

const parameter = /;\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^;\s]*))/g;

/** The `charset` of a Content-Type, in lower case. */
export function charsetOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  // Parameter by parameter: a quoted value may contain what looks like another one.
  for (const [, name, quoted, plain] of contentType.matchAll(parameter)) {
    if (name?.toLowerCase() === "charset") return (quoted ?? plain)?.toLowerCase();
  }
  return undefined;
}
