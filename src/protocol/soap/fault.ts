import type { QName } from "./namespaces.ts";
import { type SoapVersion, soap11, soap12 } from "./version.ts";
import { escapeXml } from "./xml-text.ts";

/** Fault codes in the dotted form of SOAP 1.1 §4.4.1: the side at fault, then the kind. */
export type FaultCode =
  /** An operand is missing, given twice, or not a number. */
  | "Client.ValidationError"
  /** There is no such operation. */
  | "Client.ResourceNotFound"
  /** The body is not well-formed XML, or has something that a SOAP message must not have. */
  | "Client.XMLSyntaxError"
  /** The XML is no envelope, or an empty one. */
  | "Client.SoapError"
  /** The HTTP method or the content coding is not supported. */
  | "Client.RequestNotAllowed"
  /** The body is longer than the configuration allows. */
  | "Client.RequestTooLong"
  | "Client.DivisionByZero"
  /** The result is infinite, or not a real number. */
  | "Client.NotFinite"
  /** The result has more digits than the calculator allows. */
  | "Client.ResultTooLarge"
  /** A mandatory header is not understood. */
  | "MustUnderstand"
  /** The envelope is of neither SOAP 1.1 nor 1.2. */
  | "VersionMismatch"
  /** An internal error. */
  | "Server";

export interface SoapFaultOptions extends ErrorOptions {
  /** Default 500 [SOAP 1.1 §6.2]. */
  readonly status?: number;
  /** The version of the message, once its envelope was read. */
  readonly version?: SoapVersion;
  /** The header blocks that were not understood. */
  readonly notUnderstood?: readonly QName[];
}

/** The answer instead of a result; the error's message is the fault string. */
export class SoapFault extends Error {
  override readonly name = "SoapFault";
  readonly status: number;
  readonly version: SoapVersion | undefined;
  readonly notUnderstood: readonly QName[];
  constructor(
    readonly code: FaultCode,
    message: string,
    options: SoapFaultOptions = {},
  ) {
    super(message, options);
    this.status = options.status ?? 500;
    this.version = options.version;
    this.notUnderstood = options.notUnderstood ?? [];
  }
}

/** The whole message in the format of its version. In SOAP 1.2 our fault codes are in `namespace`. */
export function faultEnvelope(version: SoapVersion, fault: SoapFault, namespace: string): string {
  return version === soap11 ? fault11(fault) : fault12(fault, namespace);
}

const declaration = "<?xml version='1.0' encoding='UTF-8'?>\n";

function fault11(fault: SoapFault): string {
  const { prefix: p, namespace } = soap11;
  return (
    `${declaration}<${p}:Envelope xmlns:${p}="${namespace}"><${p}:Body><${p}:Fault>` +
    `<faultcode>${p}:${fault.code}</faultcode>` +
    `<faultstring>${escapeXml(fault.message)}</faultstring><faultactor></faultactor>` +
    `</${p}:Fault></${p}:Body></${p}:Envelope>`
  );
}

// SOAP 1.2 §5.4 has other names for the side at fault, and the kind is a subcode.
const codes12: Readonly<Record<string, string>> = { Client: "Sender", Server: "Receiver" };

function fault12(fault: SoapFault, namespace: string): string {
  const { prefix: p } = soap12;
  const [side = "", kind] = fault.code.split(".", 2);
  const subcode =
    kind === undefined
      ? ""
      : `<${p}:Subcode><${p}:Value xmlns:tns="${escapeXml(namespace)}">tns:${kind}</${p}:Value></${p}:Subcode>`;
  return (
    `${declaration}<${p}:Envelope xmlns:${p}="${soap12.namespace}">${headers12(fault)}<${p}:Body><${p}:Fault>` +
    `<${p}:Code><${p}:Value>${p}:${codes12[side] ?? side}</${p}:Value>${subcode}</${p}:Code>` +
    `<${p}:Reason><${p}:Text xml:lang="en">${escapeXml(fault.message)}</${p}:Text></${p}:Reason>` +
    `</${p}:Fault></${p}:Body></${p}:Envelope>`
  );
}

/** The header blocks of the two fault codes that have some. */
function headers12(fault: SoapFault): string {
  const { prefix: p } = soap12;
  if (fault.code === "VersionMismatch") {
    // §5.4.7: the supported envelopes, the preferred one first.
    const envelopes = [soap12, soap11].map(
      ({ prefix, namespace }) =>
        `<${p}:SupportedEnvelope qname="${prefix}:Envelope" xmlns:${prefix}="${namespace}"/>`,
    );
    return `<${p}:Header><${p}:Upgrade>${envelopes.join("")}</${p}:Upgrade></${p}:Header>`;
  }
  if (fault.notUnderstood.length === 0) return "";
  // §5.4.8
  const blocks = fault.notUnderstood.map(
    ({ namespace, local }) =>
      `<${p}:NotUnderstood qname="x:${escapeXml(local)}" xmlns:x="${escapeXml(namespace)}"/>`,
  );
  return `<${p}:Header>${blocks.join("")}</${p}:Header>`;
}
