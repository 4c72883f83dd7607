import { SoapFault } from "./fault.ts";
import { clarkName, type QName } from "./namespaces.ts";
import { type SoapVersion, soap11, soap12, versionOfNamespace } from "./version.ts";
import type { XmlAttribute, XmlHandler } from "./xml-events.ts";
import { readXml } from "./xml-reader.ts";

const xsi = "http://www.w3.org/2001/XMLSchema-instance";

/** An element inside the operation's. */
export interface Parameter {
  readonly name: string;
  readonly text: string;
  /** `xsi:nil`: present, but without a value. */
  readonly nil: boolean;
  /** It contains elements, so it is no number. */
  readonly nested: boolean;
}

export interface SoapRequest {
  readonly version: SoapVersion;
  /** The first element of the body. */
  readonly operation: QName;
  /** In the order of the document. */
  readonly parameters: readonly Parameter[];
}

/**
 * Reads a request of either version.
 * @param claimed the version that the Content-Type announced: decides how an unknown envelope is answered
 * @throws {XmlError | SoapFault}
 */
export function readEnvelope(text: string, claimed: SoapVersion): SoapRequest {
  const reader = new EnvelopeReader(claimed);
  readXml(text, reader);
  return reader.request();
}

class EnvelopeReader implements XmlHandler {
  readonly #claimed: SoapVersion;
  #version: SoapVersion = soap11;
  /** Thrown after the whole document has been read, because a syntax error takes precedence. */
  #envelopeFault: SoapFault | undefined;
  #section: "Header" | "Body" | "other" = "other";
  #hasBody = false;
  #operation: QName | undefined;
  /** Whether the current element is inside the first element of the body. */
  #inOperation = false;
  readonly #parameters: Parameter[] = [];
  readonly #notUnderstood: QName[] = [];
  // The current parameter.
  #name = "";
  #text = "";
  #nil = false;
  #nested = false;

  constructor(claimed: SoapVersion) {
    this.#claimed = claimed;
  }

  open(name: QName, attributes: readonly XmlAttribute[], depth: number): void {
    if (depth === 1) this.#openEnvelope(name);
    else if (depth === 2) this.#openSection(name);
    else if (this.#section === "Header" && depth === 3) this.#headerBlock(name, attributes);
    else if (this.#section !== "Body") return;
    else if (depth === 3) this.#openOperation(name);
    else if (depth === 4) this.#openParameter(name, attributes);
    else this.#nested = true;
  }

  text(text: string, depth: number): void {
    if (depth === 4) this.#text += text;
  }

  close(depth: number): void {
    if (depth === 3) this.#inOperation = false;
    if (depth !== 4 || !this.#inOperation) return;
    this.#parameters.push({ name: this.#name, text: this.#text, nil: this.#nil, nested: this.#nested });
  }

  #openEnvelope(name: QName): void {
    const version = name.local === "Envelope" ? versionOfNamespace(name.namespace) : undefined;
    if (version === undefined) this.#envelopeFault = this.#wrongEnvelope(name);
    else this.#version = version;
  }

  #wrongEnvelope(name: QName): SoapFault {
    if (this.#claimed === soap12 && name.local === "Envelope") {
      const message = `Envelope is of the unknown SOAP version ${clarkName(name)}`;
      return new SoapFault("VersionMismatch", message);
    }
    // The original server's answer to everything that is not SOAP 1.1.
    return new SoapFault("Client.SoapError", `No {${soap11.namespace}}Envelope element was found!`);
  }

  #openSection({ namespace, local }: QName): void {
    const isOurs = namespace === this.#version.namespace;
    // SOAP allows one body: a second one is ignored.
    if (isOurs && local === "Body" && !this.#hasBody) this.#section = "Body";
    else this.#section = isOurs && local === "Header" ? "Header" : "other";
    this.#hasBody ||= this.#section === "Body";
  }

  #headerBlock(name: QName, attributes: readonly XmlAttribute[]): void {
    // This service supports no headers, so a mandatory one is never understood.
    if (mustBeUnderstood(attributes, this.#version)) this.#notUnderstood.push(name);
  }

  #openOperation(name: QName): void {
    this.#inOperation = this.#operation === undefined;
    this.#operation ??= name;
  }

  #openParameter(name: QName, attributes: readonly XmlAttribute[]): void {
    this.#name = name.local;
    this.#text = "";
    this.#nested = false;
    this.#nil = attributes.some(
      ({ namespace, local, value }) =>
        namespace === xsi && local === "nil" && (value.trim() === "true" || value.trim() === "1"),
    );
  }

  /** @throws {SoapFault} */
  request(): SoapRequest {
    const version = this.#version;
    if (this.#envelopeFault !== undefined) throw this.#envelopeFault;
    // [SOAP 1.1 §4.2.3] [SOAP 1.2 §2.6] the body is not processed when a header is not understood
    if (this.#notUnderstood.length > 0) throw notUnderstood(this.#notUnderstood, version);
    if (!this.#hasBody) throw new SoapFault("Client.SoapError", "Soap envelope is empty!", { version });
    if (this.#operation === undefined) {
      throw new SoapFault("Client.SoapError", "Soap body is empty!", { version });
    }
    return { version, operation: this.#operation, parameters: this.#parameters };
  }
}

function notUnderstood(blocks: readonly QName[], version: SoapVersion): SoapFault {
  const names = blocks.map(clarkName).join(", ");
  return new SoapFault("MustUnderstand", `Header not understood: ${names}`, {
    version,
    notUnderstood: blocks,
  });
}

const next11 = "http://schemas.xmlsoap.org/soap/actor/next";
const roles12 = "http://www.w3.org/2003/05/soap-envelope/role/";

/** Whether a header block with these attributes is addressed to us and mandatory. */
export function mustBeUnderstood(attributes: readonly XmlAttribute[], version: SoapVersion): boolean {
  const attributeValue = (local: string) =>
    attributes
      .find((attribute) => attribute.local === local && attribute.namespace === version.namespace)
      ?.value.trim();
  const must = attributeValue("mustUnderstand");
  if (version === soap11) {
    // [SOAP 1.1 §4.2.2, §4.2.3] without an actor a block is for the ultimate receiver, and that is us
    const actor = attributeValue("actor") ?? "";
    return must === "1" && (actor === "" || actor === next11);
  }
  // [SOAP 1.2 §2.2, §5.2.3]
  const role = attributeValue("role") ?? "";
  const isOurs = role === "" || role === `${roles12}next` || role === `${roles12}ultimateReceiver`;
  return (must === "1" || must === "true") && isOurs;
}
