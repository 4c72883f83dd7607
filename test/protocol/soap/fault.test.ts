import { expect, test } from "bun:test";
import { faultEnvelope, SoapFault } from "../../../src/protocol/soap/fault.ts";
import { soap11, soap12 } from "../../../src/protocol/soap/version.ts";
import { readXml } from "../../../src/protocol/soap/xml-reader.ts";

test("a SOAP 1.1 fault is written as the original wrote it", () => {
  const fault = new SoapFault("Client.ValidationError", "Could not cast '<&>' to integer");
  expect(faultEnvelope(soap11, fault, "urn:calc")).toBe(
    `<?xml version='1.0' encoding='UTF-8'?>\n` +
      `<soap11env:Envelope xmlns:soap11env="http://schemas.xmlsoap.org/soap/envelope/"><soap11env:Body><soap11env:Fault>` +
      `<faultcode>soap11env:Client.ValidationError</faultcode>` +
      `<faultstring>Could not cast '&lt;&amp;&gt;' to integer</faultstring><faultactor></faultactor>` +
      `</soap11env:Fault></soap11env:Body></soap11env:Envelope>`,
  );
});

test("a SOAP 1.2 fault says Sender or Receiver, and what it is in our namespace [SOAP 1.2 §5.4.1]", () => {
  const client = faultEnvelope(soap12, new SoapFault("Client.ResourceNotFound", "gone"), `urn:"calc"`);
  expect(client).toContain(`<soap12env:Code><soap12env:Value>soap12env:Sender</soap12env:Value>`);
  expect(client).toContain(`xmlns:tns="urn:&quot;calc&quot;">tns:ResourceNotFound<`);
  expect(client).toContain(`<soap12env:Reason><soap12env:Text xml:lang="en">gone</soap12env:Text>`);
  const ours = faultEnvelope(soap12, new SoapFault("Server", "Internal Error"), "urn:calc");
  expect(ours).toContain(`<soap12env:Value>soap12env:Receiver</soap12env:Value></soap12env:Code>`);
});

test("faults of every shape are well-formed", () => {
  const nothing = { open: () => {}, text: () => {}, close: () => {} };
  const notUnderstood = [{ namespace: `urn:"<h>`, local: "h" }];
  for (const version of [soap11, soap12]) {
    for (const fault of [
      new SoapFault("VersionMismatch", "old"),
      new SoapFault("MustUnderstand", "what?", { notUnderstood }),
      new SoapFault("Server", "\u0000 & so on"),
    ]) {
      readXml(faultEnvelope(version, fault, `urn:"<c>`), nothing);
    }
  }
});
