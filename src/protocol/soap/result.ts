import { type SoapVersion, soap11, soap12 } from "./version.ts";
import { escapeXml } from "./xml-text.ts";

/** Writes replies; all that is the same for every one is made once. */
export class ResultWriter {
  readonly #start11: string;
  readonly #start12: string;

  constructor(targetNamespace: string) {
    this.#start11 = startOf(soap11, targetNamespace);
    this.#start12 = startOf(soap12, targetNamespace);
  }

  /** The reply to an operation, named as it was called, e.g. `addResponse` with `addResult`. */
  envelope(version: SoapVersion, operation: string, value: string): string {
    const { prefix: p } = version;
    return (
      `${version === soap11 ? this.#start11 : this.#start12}` +
      `<tns:${operation}Response><tns:${operation}Result>${value}</tns:${operation}Result></tns:${operation}Response>` +
      `</${p}:Body></${p}:Envelope>`
    );
  }
}

const startOf = ({ prefix: p, namespace }: SoapVersion, targetNamespace: string): string =>
  `<?xml version='1.0' encoding='UTF-8'?>\n` +
  `<${p}:Envelope xmlns:${p}="${namespace}" xmlns:tns="${escapeXml(targetNamespace)}"><${p}:Body>`;
