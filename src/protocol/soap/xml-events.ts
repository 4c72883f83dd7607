import type { QName } from "./namespaces.ts";

// What a document of XML is read as, and how large it may be.

/** A SOAP message of this service needs 4 levels, six elements and a handful of attributes. */
export const maxDepth = 32;
export const maxElements = 1000;
export const maxAttributes = 64;

export interface XmlAttribute extends QName {
  readonly value: string;
}

/** Receives the contents of a document in order. `depth` is 1 for the root element. */
export interface XmlHandler {
  open(name: QName, attributes: readonly XmlAttribute[], depth: number): void;
  text(text: string, depth: number): void;
  close(depth: number): void;
}
