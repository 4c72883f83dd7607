import { readEnvelope } from "../soap/envelope.ts";
import { SoapFault } from "../soap/fault.ts";
import { versionOfContentType } from "../soap/version.ts";
import { charsetOf, decodeXml } from "../soap/xml-bytes.ts";
import { XmlError } from "../soap/xml-text.ts";
import { printable } from "../text/printable.ts";
import type { BodyText } from "./body-text.ts";

const maxValue = 60;

/** A SOAP message of either version; undefined: other XML, such as a WSDL. */
export function describeSoap(body: Buffer, type: string | undefined): BodyText | undefined {
  try {
    const { operation, parameters, version } = readEnvelope(
      decodeXml(body, charsetOf(type)),
      versionOfContentType(type),
    );
    const isFault = operation.local === "Fault" && operation.namespace === version.namespace;
    const values = parameters.map(
      ({ name, text, nested, nil }) =>
        [printable(name, maxValue), nil ? "nil" : nested ? "..." : printable(text.trim(), maxValue)] as const,
    );
    const list = values.map(([name, value]) => `${name}=${value}`).join(", ");
    return {
      protocol: "SOAP",
      text: `SOAP ${version.name} ${printable(operation.local, maxValue)}(${list})`,
      fields: {
        version: version.name,
        operation: printable(operation.local),
        ...Object.fromEntries(values.map(([name, value]) => [`parameter.${name}`, value])),
      },
      isError: isFault,
    };
  } catch (error) {
    if (error instanceof XmlError || error instanceof SoapFault) return undefined;
    throw error;
  }
}
