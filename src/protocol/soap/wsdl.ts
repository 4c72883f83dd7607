import { escapeXml } from "./xml-text.ts";
import type { NumberType } from "./xs-number.ts";

/** One operation as a client sees it: `name(a, b)`, with operands and result of one type. */
export interface WsdlOperation {
  readonly name: string;
  readonly type: NumberType;
}

export interface WsdlService {
  readonly targetNamespace: string;
  /** The name of the service. The names of port, port type and binding are the original's. */
  readonly serviceName: string;
  readonly operations: readonly WsdlOperation[];
}

const portName = "Application";

const prefixes = {
  xs: "http://www.w3.org/2001/XMLSchema",
  wsdl: "http://schemas.xmlsoap.org/wsdl/",
  wsdlsoap11: "http://schemas.xmlsoap.org/wsdl/soap/",
};

/**
 * A description in WSDL 1.1, document/literal. Everything but the address is the same for all clients and is made once.
 * @returns a function that takes the address at which this client reaches the service
 */
export function wsdlWriter(service: WsdlService): (location: string) => string {
  const { operations } = service;
  const before =
    `<?xml version='1.0' encoding='UTF-8'?>\n${definitions(service)}` +
    `<wsdl:types>${schema(service)}</wsdl:types>${operations.map(messages).join("")}` +
    `<wsdl:service name="${escapeXml(service.serviceName)}">` +
    `<wsdl:port name="${portName}" binding="tns:${portName}"><wsdlsoap11:address location="`;
  const after =
    `"/></wsdl:port></wsdl:service>` +
    `<wsdl:portType name="${portName}">${operations.map(abstractOperation).join("")}</wsdl:portType>` +
    `<wsdl:binding name="${portName}" type="tns:${portName}">` +
    `<wsdlsoap11:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>` +
    `${operations.map(boundOperation).join("")}</wsdl:binding></wsdl:definitions>`;
  return (location) => `${before}${escapeXml(location)}${after}`;
}

function definitions({ targetNamespace }: WsdlService): string {
  const target = escapeXml(targetNamespace);
  const declared = Object.entries(prefixes).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  return `<wsdl:definitions${declared.join("")} xmlns:tns="${target}" targetNamespace="${target}" name="${portName}">`;
}

function schema({ targetNamespace, operations }: WsdlService): string {
  return (
    `<xs:schema targetNamespace="${escapeXml(targetNamespace)}" elementFormDefault="qualified">` +
    `${operations.map(types).join("")}${operations.map(elements).join("")}</xs:schema>`
  );
}

function types({ name, type }: WsdlOperation): string {
  const element = (of: string) =>
    `<xs:element name="${of}" type="xs:${type}" minOccurs="0" nillable="true"/>`;
  const complexType = (of: string, content: string) =>
    `<xs:complexType name="${of}"><xs:sequence>${content}</xs:sequence></xs:complexType>`;
  return (
    complexType(name, element("a") + element("b")) + complexType(`${name}Response`, element(`${name}Result`))
  );
}

function elements({ name }: WsdlOperation): string {
  return `<xs:element name="${name}" type="tns:${name}"/><xs:element name="${name}Response" type="tns:${name}Response"/>`;
}

function messages({ name }: WsdlOperation): string {
  const message = (of: string) =>
    `<wsdl:message name="${of}"><wsdl:part name="${of}" element="tns:${of}"/></wsdl:message>`;
  return message(name) + message(`${name}Response`);
}

function abstractOperation({ name }: WsdlOperation): string {
  return (
    `<wsdl:operation name="${name}" parameterOrder="${name}">` +
    `<wsdl:input name="${name}" message="tns:${name}"/>` +
    `<wsdl:output name="${name}Response" message="tns:${name}Response"/></wsdl:operation>`
  );
}

function boundOperation({ name }: WsdlOperation): string {
  const body = `<wsdlsoap11:body use="literal"/>`;
  return (
    `<wsdl:operation name="${name}"><wsdlsoap11:operation soapAction="${name}" style="document"/>` +
    `<wsdl:input name="${name}">${body}</wsdl:input>` +
    `<wsdl:output name="${name}Response">${body}</wsdl:output></wsdl:operation>`
  );
}

// A name or address with an optional port; an IPv6 address stands in brackets. Nothing that could be XML markup.
const hostHeader = /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * The URL at which a client reaches the service: from its Host header or, if that is missing or invalid, from the local
 * address of its connection.
 * @param connected `host:port`
 */
export function serviceLocation(scheme: string, host: string | undefined, connected: string): string {
  return `${scheme}://${host !== undefined && hostHeader.test(host) ? host : connected}/`;
}
