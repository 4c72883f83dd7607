import { type SoapVersion, soap11 } from "./version.ts";
import type { XmlAttribute } from "./xml-reader.ts";

const next11 = "http://schemas.xmlsoap.org/soap/actor/next";
const roles12 = "http://www.w3.org/2003/05/soap-envelope/role/";

/** Whether a header block with these attributes is meant for us, and may not be passed over. */
export function mustBeUnderstood(attributes: readonly XmlAttribute[], version: SoapVersion): boolean {
  const attributeValue = (local: string) =>
    attributes
      .find((attribute) => attribute.local === local && attribute.namespace === version.namespace)
      ?.value.trim();
  const must = attributeValue("mustUnderstand");
  if (version === soap11) {
    // [SOAP 1.1 §4.2.2, §4.2.3] without an actor a block is for the last to receive it, and that is us
    const actor = attributeValue("actor") ?? "";
    return must === "1" && (actor === "" || actor === next11);
  }
  // [SOAP 1.2 §2.2, §5.2.3]
  const role = attributeValue("role") ?? "";
  const isOurs = role === "" || role === `${roles12}next` || role === `${roles12}ultimateReceiver`;
  return (must === "1" || must === "true") && isOurs;
}
