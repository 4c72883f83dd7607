import { expect, test } from "bun:test";
import { mustBeUnderstood, readEnvelope } from "../../../src/protocol/soap/envelope.ts";
import { SoapFault } from "../../../src/protocol/soap/fault.ts";
import { type SoapVersion, soap11, soap12 } from "../../../src/protocol/soap/version.ts";

const inBody = (body: string, { namespace } = soap11) =>
  `<e:Envelope xmlns:e="${namespace}"><e:Body>${body}</e:Body></e:Envelope>`;
const operation = `<add xmlns="urn:calc"> <a>1</a><b>2</b></add>`;

function fault(text: string, claimed = soap11): SoapFault {
  try {
    readEnvelope(text, claimed);
  } catch (error) {
    if (error instanceof SoapFault) return error;
    throw error;
  }
  throw new Error("no fault");
}

test("the operation and its parameters are read in their order", () => {
  const { version, operation: name, parameters } = readEnvelope(inBody(operation), soap11);
  expect(version).toBe(soap11);
  expect(name).toEqual({ namespace: "urn:calc", local: "add" });
  expect(parameters.map((parameter) => [parameter.name, parameter.text])).toEqual([
    ["a", "1"],
    ["b", "2"],
  ]);
});

test("only the first element of the first body counts", () => {
  const more = `${operation}<add xmlns="urn:other"><a>9</a></add>`;
  const twice = inBody(more).replace("</e:Body>", `</e:Body><e:Body><x><y>9</y></x></e:Body>`);
  const { operation: name, parameters } = readEnvelope(twice, soap11);
  expect(name.namespace).toBe("urn:calc");
  expect(parameters.map(({ text }) => text)).toEqual(["1", "2"]);
});

test("what stands in the header is no operation, however deep it looks like one", () => {
  const header = `<e:Header><e:Body>${operation}</e:Body><h><a>7</a></h></e:Header>`;
  const text = inBody(operation).replace("<e:Body>", `${header}<e:Body>`);
  expect(readEnvelope(text, soap11).parameters.map((parameter) => parameter.text)).toEqual(["1", "2"]);
});

test("xsi:nil counts by its namespace and its value", () => {
  const nil = (attribute: string) =>
    readEnvelope(
      inBody(`<add xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><a ${attribute}/></add>`),
      soap11,
    ).parameters[0]?.nil;
  expect(nil(`i:nil="true"`)).toBe(true);
  expect(nil(`i:nil=" 1 "`)).toBe(true);
  expect(nil(`i:nil="false"`)).toBe(false);
  expect(nil(`nil="true"`)).toBe(false);
});

test("the envelope's namespace says the version, not what the transport claimed", () => {
  expect(readEnvelope(inBody(operation, soap12), soap11).version).toBe(soap12);
  expect(readEnvelope(inBody(operation), soap12).version).toBe(soap11);
});

test("an envelope without a body differs from one with an empty body", () => {
  expect(fault(`<e:Envelope xmlns:e="${soap11.namespace}"/>`).message).toBe("Soap envelope is empty!");
  expect(fault(inBody("")).message).toBe("Soap body is empty!");
  expect(fault(inBody("", soap12)).version).toBe(soap12);
});

test("another root element is no envelope, and another namespace is another version of it", () => {
  const unknown = inBody(operation, { ...soap11, namespace: "urn:x" });
  expect(fault(unknown).code).toBe("Client.SoapError");
  expect(fault(unknown, soap12).code).toBe("VersionMismatch");
  expect(fault("<Envelope/>", soap12).code).toBe("VersionMismatch");
  expect(fault("<a/>", soap12).code).toBe("Client.SoapError");
});

test("a document that is not well-formed is that before anything else", () => {
  expect(() => readEnvelope(`<a><b></a>`, soap11)).toThrow("Unexpected close tag");
});

function must(version: SoapVersion, attributes: Readonly<Record<string, string>>): boolean {
  const { namespace } = version;
  return mustBeUnderstood(
    Object.entries(attributes).map(([local, value]) => ({ namespace, local, value })),
    version,
  );
}

test("SOAP 1.1: mustUnderstand is 1 or 0, and an actor sends a block elsewhere [SOAP 1.1 §4.2.2, §4.2.3]", () => {
  expect(must(soap11, {})).toBe(false);
  expect(must(soap11, { mustUnderstand: "1" })).toBe(true);
  expect(must(soap11, { mustUnderstand: "0" })).toBe(false);
  expect(must(soap11, { mustUnderstand: "true" })).toBe(false);
  expect(must(soap11, { mustUnderstand: "1", actor: "" })).toBe(true);
  expect(must(soap11, { mustUnderstand: "1", actor: "http://schemas.xmlsoap.org/soap/actor/next" })).toBe(
    true,
  );
  expect(must(soap11, { mustUnderstand: "1", actor: "urn:proxy" })).toBe(false);
});

test("SOAP 1.2: mustUnderstand is a boolean, and roles other than ours are not for us [SOAP 1.2 §2.2, §5.2.3]", () => {
  const role = "http://www.w3.org/2003/05/soap-envelope/role";
  expect(must(soap12, { mustUnderstand: "true" })).toBe(true);
  expect(must(soap12, { mustUnderstand: "1" })).toBe(true);
  expect(must(soap12, { mustUnderstand: "false" })).toBe(false);
  expect(must(soap12, { mustUnderstand: "1", role: `${role}/ultimateReceiver` })).toBe(true);
  expect(must(soap12, { mustUnderstand: "1", role: `${role}/next` })).toBe(true);
  expect(must(soap12, { mustUnderstand: "1", role: `${role}/none` })).toBe(false);
});

test("an attribute of another namespace, or of the other version, says nothing", () => {
  const attributes = [{ namespace: soap12.namespace, local: "mustUnderstand", value: "1" }];
  expect(mustBeUnderstood(attributes, soap11)).toBe(false);
  expect(mustBeUnderstood([{ namespace: "", local: "mustUnderstand", value: "1" }], soap11)).toBe(false);
});
