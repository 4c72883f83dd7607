import type { SoapVersion } from "./version.ts";
import { escapeXml } from "./xml-text.ts";

/** The reply to an operation, named as it was called, e.g. `addResponse` with `addResult`. */
export function resultEnvelope(
  { prefix: p, namespace }: SoapVersion,
  targetNamespace: string,
  operation: string,
  value: string,
): string {
  return (
    `<?xml version='1.0' encoding='UTF-8'?>\n` +
    `<${p}:Envelope xmlns:${p}="${namespace}" xmlns:tns="${escapeXml(targetNamespace)}"><${p}:Body>` +
    `<tns:${operation}Response><tns:${operation}Result>${value}</tns:${operation}Result></tns:${operation}Response>` +
    `</${p}:Body></${p}:Envelope>`
  );
}
