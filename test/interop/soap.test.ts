import { expect, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output } from "../support/program.ts";
import { clientProgram, pythonClient } from "../support/python.ts";

const lab = await startLab(`
operations:
  add: a + b
  sub: { expression: a - b, aliases: [subtract] }
  div: a / b
services:
  soap: { port: 0 }
`);
const client = (name: string, ...rest: number[]) =>
  pythonClient(name, "127.0.0.1", lab.port("soap"), ...rest);

testWith(needs.zeep)("zeep reads the WSDL and prints what it printed with the original server", async () => {
  const [original] = golden("soap_client").clients;
  expect(await output(client("soap_client", 10, 5))).toBe(original?.stdout ?? "");
});

testWith(needs.zeep, needs.requests)(
  "zeep gets the original's names, exact numbers and the right faults",
  async () => {
    const results = (await output(client("soap_features")))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(Object.assign({}, ...results)).toEqual({
      service: ["CalculatorService", "Application", ["add", "div", "sub", "subtract"]],
      namespace: "spyne.examples.calculator",
      add: 15,
      subtract: 5,
      "by name": 42,
      big: 100000000000000000000000000,
      negative: -7,
      div: ["Decimal", "3.5"],
      "div by zero": "Client.DivisionByZero",
      unreadable: [500, "Client.ValidationError", "Could not cast 'abc' to integer"],
      unknown: [500, "Client.ResourceNotFound"],
      missing: [500, "Client.ValidationError"],
    });
  },
);

testWith(needs.node)("the soap package on Node calls the service with SOAP 1.1 and 1.2", async () => {
  const printed = await output(["node", clientProgram("soap_node.mjs"), String(lab.port("soap"))]);
  const [version11, version12, described, fault] = printed.trimEnd().split("\n");
  expect(version11).toBe("1.1: 15 -2");
  expect(version12).toBe("1.2: 15 -2");
  expect(described).toBe("true");
  expect(fault).toMatch(/^500 \S*Client\.ValidationError Could not cast 'abc' to integer$/);
});

testWith(needs.curl)(
  "curl gets the WSDL for ?WSDL in any case on any path, with the requested address",
  async () => {
    const url = `http://127.0.0.1:${lab.port("soap")}`;
    const usual = await output(["curl", "-s", `${url}/?wsdl`]);
    expect(usual).toContain(`location="${url}/"`);
    expect(await output(["curl", "-s", `${url}/some/where?WSDL`])).toBe(usual);
    const named = await output(["curl", "-s", "-H", "Host: lab.example:8000", `${url}/?wsdl`]);
    expect(named).toContain('location="http://lab.example:8000/"');
    const shown = ["-s", "-o", "/dev/null", "-w", "%{http_code} %{content_type}"];
    expect(await output(["curl", ...shown, `${url}/?wsdl`])).toBe("200 text/xml; charset=utf-8");
    expect(await output(["curl", ...shown, "-X", "PUT", "-d", "x", url])).toStartWith("405 ");
  },
);

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
