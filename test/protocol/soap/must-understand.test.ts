import { expect, test } from "bun:test";
import { mustBeUnderstood } from "../../../src/protocol/soap/must-understand.ts";
import { type SoapVersion, soap11, soap12 } from "../../../src/protocol/soap/version.ts";

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
