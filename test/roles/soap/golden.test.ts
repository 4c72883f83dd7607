import { describe, expect, test } from "bun:test";
import { soap } from "../../../src/roles/soap/index.ts";
import { golden } from "../../support/golden.ts";
import { startRole } from "../../support/start-role.ts";
import { type Answer, exchange, faultOf, operations, parseAnswer, parseXml, textsOf } from "./support.ts";

interface Scene {
  readonly request: Buffer;
  readonly recorded: Answer;
}

function scenes(name: string): Scene[] {
  return golden(name).connections.map((events) => {
    const said = (who: "client" | "server") =>
      Buffer.concat(
        events.flatMap((event) => (event.from === who && event.kind === "bytes" ? [event.bytes] : [])),
      );
    return { request: said("client"), recorded: parseAnswer(said("server").toString("utf8")) };
  });
}

// The original knew one operation; with more, its description would not be the recorded one.
const onlyAdd = operations.filter(({ name }) => name === "add");

/** Where the original crashed, or did not do as SOAP says: what we answer instead. */
const corrected = new Map<
  number,
  { readonly status: number; readonly fault?: string; readonly result?: string }
>([
  [4, { status: 500, fault: "soap11env:Client.ValidationError" }], // an operand is missing
  [5, { status: 500, fault: "soap11env:Client.ValidationError" }], // an operand is empty
  [10, { status: 500, fault: "soap11env:Client.ValidationError" }], // an operand is nil
  [14, { status: 500, fault: "soap11env:Client.SoapError" }], // the body is empty
  [18, { status: 500, fault: "soap11env:Client.XMLSyntaxError" }], // there is no document at all
  [19, { status: 200, result: "3" }], // SOAP 1.2
  [21, { status: 500, fault: "soap11env:MustUnderstand" }], // a header that must be understood
  [41, { status: 200 }], // HEAD is answered as GET is
  [29, { status: 500, fault: "soap11env:Client.XMLSyntaxError" }], // a document type declaration
]);

describe("soap answers as the original did", () => {
  for (const name of ["soap_client", "soap_edge"]) {
    for (const [index, { request, recorded }] of scenes(name).entries()) {
      const correction = name === "soap_edge" ? corrected.get(index) : undefined;
      const said = request.toString("latin1").split("\r\n", 1)[0];
      test(`${name} ${index}: ${said}${correction === undefined ? "" : ", corrected"}`, async () => {
        const { port } = await startRole(soap, {}, { operations: onlyAdd });
        const answer = await exchange(port, closing(request));
        if (correction === undefined) return compare(answer, recorded, port, said ?? "");
        expect(answer.status).toBe(correction.status);
        if (correction.fault !== undefined) expect(faultOf(answer)[0]).toBe(correction.fault);
        if (correction.result !== undefined)
          expect(textsOf(answer.body, "addResult")).toEqual([correction.result]);
      });
    }
  }
});

/** The original closed every connection; ours stays open where the client asked for that. */
function closing(request: Buffer): Buffer {
  return Buffer.from(
    request.toString("latin1").replace("Connection: keep-alive", "Connection: close"),
    "latin1",
  );
}

function compare(answer: Answer, recorded: Answer, port: number, said: string): void {
  expect(answer.status).toBe(recorded.status);
  expect(answer.headers.get("content-type")).toBe(recorded.headers.get("content-type"));
  if (said.startsWith("HEAD")) return;
  if (!recorded.body.includes("wsdl:definitions")) {
    expect(answer.body).toBe(recorded.body);
    return;
  }
  // The address is the one the client used. Without a Host header it is the one it connected to.
  const location = /location="http:\/\/([^/]*)\/"/.exec(answer.body)?.[1];
  const addresses = ["127.0.0.1:8000", "soap-server:8000", `127.0.0.1:${port}`];
  expect(addresses).toContain(location ?? "none");
  const ours = answer.body.replace(location ?? "", "127.0.0.1:8000");
  expect(parseXml(ours)).toEqual(parseXml(recorded.body));
}
