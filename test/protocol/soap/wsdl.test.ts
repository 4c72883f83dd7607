import { expect, test } from "bun:test";
import { serviceLocation, wsdlWriter } from "../../../src/protocol/soap/wsdl.ts";
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

const connected = "[::1]:8000";

test("a host, with or without a port, is taken over", () => {
  for (const host of [
    "localhost",
    "soap-server:8000",
    "my_lab.example.org",
    "172.16.16.101:80",
    "[fe80::1]:8000",
  ]) {
    expect(serviceLocation("http", host, connected)).toBe(`http://${host}/`);
  }
});

test("what is no host is replaced by the address of the connection", () => {
  const hostile = [
    'a"/><x',
    "a b",
    "a/b",
    "user@host",
    "a:b",
    "a:123456",
    "-a",
    "",
    "&lt;",
    "é",
    "a\tb",
    "x".repeat(300),
  ];
  for (const host of [undefined, ...hostile]) {
    expect(serviceLocation("http", host, connected)).toBe("http://[::1]:8000/");
  }
});
