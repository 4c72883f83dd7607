import { expect, test } from "bun:test";
import { wsdlWriter } from "../../../src/protocol/soap/wsdl.ts";
import { readXml } from "../../../src/protocol/soap/xml-reader.ts";

test("names and addresses cannot break out of the description", () => {
  const write = wsdlWriter({
    targetNamespace: `urn:"><x/>`,
    serviceName: `S"><x/>`,
    operations: [{ name: "add", type: "integer" }],
  });
  const elements: string[] = [];
  readXml(write(`http://"><x/>`), {
    open: ({ local }) => void elements.push(local),
    text: () => {},
    close: () => {},
  });
  expect(elements).not.toContain("x");
  expect(elements).toContain("address");
});
