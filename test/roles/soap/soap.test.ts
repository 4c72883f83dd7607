import { describe, expect, test } from "bun:test";
import { soap } from "../../../src/roles/soap/index.ts";
import { startRole } from "../../support/start-role.ts";
import {
  call,
  envelope,
  faultOf,
  namespace,
  operations,
  parseXml,
  post,
  soap12,
  textsOf,
} from "./support.ts";

const start = (config: Record<string, unknown> = {}) => startRole(soap, config, { operations });

describe("results", () => {
  test("an integer operation is exact at any size", async () => {
    const { port } = await start();
    const { status, body } = await post(port, envelope(call("sub", `-${"9".repeat(60)}`, 1)));
    expect(status).toBe(200);
    expect(textsOf(body, "subResult")).toEqual([`-1${"0".repeat(60)}`]);
  });

  test("an alias answers under the name it was called by", async () => {
    const { port } = await start();
    const { body } = await post(port, envelope(call("subtract", 20, 30)));
    expect(textsOf(body, "subtractResult")).toEqual(["-10"]);
    expect(body).toContain(`<tns:subtractResponse>`);
  });

  test("a decimal operation takes and gives decimals, never with an exponent", async () => {
    const { port } = await start();
    const result = async (a: string, b: string) =>
      textsOf((await post(port, envelope(call("div", a, b)))).body, "divResult")[0];
    expect(await result("10", "4")).toBe("2.5");
    expect(await result("10", "2")).toBe("5.0");
    expect(await result(" .5 ", "-2.")).toBe("-0.25");
    expect(await result("1", "10000000")).toBe("0.0000001");
    expect(await result(`1${"0".repeat(25)}`, "1")).toBe(`1${"0".repeat(25)}.0`);
  });

  test("SOAP 1.2 is answered in SOAP 1.2, whatever media type it came as", async () => {
    const { port } = await start();
    const message = envelope(call("add", 1, 2), "", soap12);
    for (const type of ["application/soap+xml; charset=utf-8", "text/xml"]) {
      const { status, headers, body } = await post(port, message, { "Content-Type": type });
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("application/soap+xml; charset=utf-8");
      expect(parseXml(body).name).toBe(`{${soap12}}Envelope`);
      expect(textsOf(body, "addResult")).toEqual(["3"]);
    }
  });

  test("the namespace is the configured one", async () => {
    const { port } = await start({ targetNamespace: "urn:a&b" });
    const asked = envelope(call("add", 1, 2)).replace(namespace, "urn:a&amp;b");
    const { body } = await post(port, asked);
    const [answered] = parseXml(body).children.flatMap((child) =>
      typeof child === "object" ? child.children : [],
    );
    expect(answered).toMatchObject({ name: "{urn:a&b}addResponse" });
    expect(faultOf(await post(port, envelope(call("add", 1, 2))))[0]).toBe(
      "soap11env:Client.ResourceNotFound",
    );
  });
});

describe("faults", () => {
  const fault = async (body: string, header = "") => {
    const { port } = await start();
    const answer = await post(port, envelope(body, header));
    expect(answer.status).toBe(500);
    return faultOf(answer).join(" | ");
  };

  test("what cannot be computed is the client's fault, and says why", async () => {
    expect(await fault(call("div", 1, 0))).toBe("soap11env:Client.DivisionByZero | Division by zero");
    expect(await fault(call("pow", 10, 100_000))).toStartWith("soap11env:Client.ResultTooLarge | ");
    expect(await fault(call("pow", -1, 0.5))).toStartWith("soap11env:Client.NotFinite | ");
  });

  test("an operand that is no number is named", async () => {
    const cast = (text: string, type: string) =>
      `soap11env:Client.ValidationError | Could not cast '${text}' to ${type}`;
    expect(await fault(call("add", "0x10", 1))).toBe(cast("0x10", "integer"));
    expect(await fault(call("add", "1_000", 1))).toBe(cast("1_000", "integer"));
    expect(await fault(call("div", "1e5", 1))).toBe(cast("1e5", "decimal"));
    expect(await fault(call("div", "NaN", 1))).toBe(cast("NaN", "decimal"));
    expect(await fault(call("add", "&lt;i>\n", 1))).toBe(cast("<i>\\n", "integer"));
  });

  test("an operand with more digits than allowed is refused, and not repeated whole", async () => {
    const reason = await fault(call("add", "9".repeat(5000), 1));
    expect(reason).toEndWith("to integer: more than 4300 digits");
    expect(reason.length).toBeLessThan(300);
  });

  test("an operand that is missing, given twice, or holds elements is named", async () => {
    const add = (inner: string) => `<add xmlns="${namespace}">${inner}</add>`;
    const invalid = "soap11env:Client.ValidationError | Operand ";
    expect(await fault(add("<a>1</a>"))).toBe(`${invalid}'b' is missing`);
    expect(await fault(add("<a>1</a><b>2</b><a>3</a>"))).toBe(`${invalid}'a' is given 2 times`);
    expect(await fault(add("<a>1</a><b><i>2</i></b>"))).toBe(
      `${invalid}'b' holds elements and must be a number`,
    );
  });

  test("a name from Object.prototype is no operation", async () => {
    const expected = `soap11env:Client.ResourceNotFound | Requested resource '{${namespace}}constructor' not found`;
    expect(await fault(call("constructor", 1, 2))).toBe(expected);
  });

  test("a header that must be understood is not, and others are passed over [SOAP 1.1 §4.2.3]", async () => {
    const must = `<h xmlns="urn:h" e:mustUnderstand="1"/>`;
    expect(await fault(call("add", 1, 2), must)).toBe(
      "soap11env:MustUnderstand | Header not understood: {urn:h}h",
    );
    const { port } = await start();
    const elsewhere = must.replace("/>", ` e:actor="urn:somebody-else"/>`);
    for (const header of ["<h/>", must.replace('"1"', '"0"'), elsewhere]) {
      expect((await post(port, envelope(call("add", 1, 2), header))).status).toBe(200);
    }
  });

  test("faults of SOAP 1.2 have its structure", async () => {
    const { port } = await start();
    const type = { "Content-Type": "application/soap+xml" };
    const { status, headers, body } = await post(port, envelope(call("div", 1, 0), "", soap12), type);
    expect(status).toBe(500);
    expect(headers.get("content-type")).toBe("application/soap+xml; charset=utf-8");
    expect(textsOf(body, "Value")).toEqual(["soap12env:Sender", "tns:DivisionByZero"]);
    expect(textsOf(body, "Text")).toEqual(["Division by zero"]);

    const must = `<h xmlns="urn:h" e:mustUnderstand="true"/>`;
    const refused = await post(port, envelope(call("add", 1, 2), must, soap12), type);
    expect(textsOf(refused.body, "Value")).toEqual(["soap12env:MustUnderstand"]);
    expect(refused.body).toContain(`<soap12env:NotUnderstood qname="x:h" xmlns:x="urn:h"/>`);
  });

  test("an envelope of an unknown version sent as SOAP 1.2 is a version mismatch [SOAP 1.2 §5.4.7]", async () => {
    const { port } = await start();
    const type = { "Content-Type": "application/soap+xml" };
    const { body } = await post(port, envelope(call("add", 1, 2), "", "urn:soap-2"), type);
    expect(textsOf(body, "Value")).toEqual(["soap12env:VersionMismatch"]);
    expect(body).toContain("SupportedEnvelope");
  });
});
