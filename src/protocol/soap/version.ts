/** A version of SOAP: how its messages differ from the other's. */
export interface SoapVersion {
  readonly name: "1.1" | "1.2";
  readonly namespace: string;
  /** The prefix our messages bind to the namespace. */
  readonly prefix: string;
  readonly contentType: string;
}

export const soap11: SoapVersion = {
  name: "1.1",
  namespace: "http://schemas.xmlsoap.org/soap/envelope/",
  prefix: "soap11env",
  contentType: "text/xml; charset=utf-8",
};

export const soap12: SoapVersion = {
  name: "1.2",
  namespace: "http://www.w3.org/2003/05/soap-envelope",
  prefix: "soap12env",
  contentType: "application/soap+xml; charset=utf-8",
};

export function versionOfNamespace(namespace: string): SoapVersion | undefined {
  if (namespace === soap11.namespace) return soap11;
  return namespace === soap12.namespace ? soap12 : undefined;
}

/** The version that a Content-Type announces: 1.2 for its own media type, 1.1 for everything else. */
export function versionOfContentType(contentType: string | undefined): SoapVersion {
  return contentType !== undefined && /^\s*application\/soap\+xml\b/i.test(contentType) ? soap12 : soap11;
}
