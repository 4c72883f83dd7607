import { expect, test } from "bun:test";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { soap } from "../../../src/roles/soap/index.ts";
import { startRole } from "../../support/start-role.ts";
import { call, envelope, exchange, faultOf, operations, parseXml, post } from "./support.ts";

const start = (config: Record<string, unknown> = {}) => startRole(soap, config, { operations });

test("the WSDL describes every operation under its name and its aliases", async () => {
  const { port } = await start();
  const wsdl = await (await fetch(`http://127.0.0.1:${port}/?wsdl`)).text();
  const described = [...wsdl.matchAll(/<wsdlsoap11:operation soapAction="(\w+)"/g)].map(([, name]) => name);
  expect(described).toEqual(["add", "sub", "subtract", "div", "divide", "pow"]);
  expect(wsdl).toContain(`<xs:element name="addResult" type="xs:integer" minOccurs="0" nillable="true"/>`);
  expect(wsdl).toContain(`<xs:element name="divideResult" type="xs:decimal" minOccurs="0" nillable="true"/>`);
  expect(parseXml(wsdl).name).toBe("{http://schemas.xmlsoap.org/wsdl/}definitions");
});

test("the WSDL's address follows the Host header, unless that is no host", async () => {
  const { port } = await start({ serviceName: "Hitung" });
  const location = async (host: string) => {
    const { body } = await exchange(
      port,
      `GET /a/b?WSDL HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
    expect(body).toContain(`<wsdl:service name="Hitung">`);
    return /location="([^"]*)"/.exec(body)?.[1];
  };
  expect(await location("soap-server:8000")).toBe("http://soap-server:8000/");
  expect(await location("[::1]:80")).toBe("http://[::1]:80/");
  expect(await location("")).toBe(`http://127.0.0.1:${port}/`);
  expect(await location("a_b:123456")).toBe(`http://127.0.0.1:${port}/`);
});

test("other methods are refused with 405 and the allowed ones", async () => {
  const { port } = await start();
  for (const method of ["PUT", "DELETE", "OPTIONS", "GET"]) {
    const response = await fetch(`http://127.0.0.1:${port}/?x=wsdl`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
    expect(await response.text()).toContain("<faultcode>soap11env:Client.RequestNotAllowed</faultcode>");
  }
});

test("a compressed body is refused with 415", async () => {
  const { port } = await start();
  const answer = await post(port, Bun.gzipSync(envelope(call("add", 1, 2))), { "Content-Encoding": "gzip" });
  expect(answer.status).toBe(415);
  expect(faultOf(answer)[0]).toBe("soap11env:Client.RequestNotAllowed");
});

test("a body beyond maxBody is refused with 413, whether its length is announced or not", async () => {
  const { port } = await start({ maxBody: 1000 });
  const long = envelope(call("add", 1, " ".repeat(1000)));
  const announced = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${long.length}\r\n\r\n${long}`;
  const chunk = `${long.length.toString(16)}\r\n${long}\r\n`;
  const chunked = `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`;
  for (const request of [announced, chunked]) {
    const answer = await exchange(port, request);
    expect(answer.status).toBe(413);
    expect(faultOf(answer)).toEqual([
      "soap11env:Client.RequestTooLong",
      "Request body is longer than 1000 bytes (maxBody)",
    ]);
  }
  expect((await post(port, envelope(call("add", 1, " ".repeat(400) + 2)))).status).toBe(200);
});

test("two requests of one segment are answered in order", async () => {
  const { port } = await start();
  const request = (a: number, connection: string) => {
    const body = envelope(call("add", a, 0));
    return `POST / HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  const { body } = await exchange(port, request(1, "keep-alive") + request(2, "close"));
  expect([...body.matchAll(/<tns:addResult>(\d)</g)].map(([, result]) => result)).toEqual(["1", "2"]);
});

test("it shows what it receives and answers, and counts it", async () => {
  const { port, service, events } = await startRole(soap, {}, { operations, observe: true });
  await post(port, envelope(call("add", 10, 5)));
  await post(port, envelope(call("add", "a\u0085b", 5)));
  await post(port, "hello");
  await fetch(`http://127.0.0.1:${port}/?wsdl`);
  const messages = events.flatMap((event: TrafficEvent) =>
    event.kind === "message" ? [`${event.direction} ${event.text}`] : [],
  );
  expect(messages).toEqual([
    "in Received: add(10, 5)",
    "out Sent: addResult = 15",
    "in Received: add(a\\x85b, 5)",
    "out Sent: fault Client.ValidationError: Could not cast 'a\\x85b' to integer",
    "in Received: POST /, 5 B",
    "out Sent: fault Client.XMLSyntaxError: Start tag expected, '<' not found, line 1, column 1 (<string>, line 1)",
    "in Received: GET /?wsdl",
    "out Sent: WSDL of CalculatorService",
  ]);
  expect(service.stats()).toMatchObject({
    requests_total: 4,
    calls_total: 1,
    faults_total: 2,
    wsdl_total: 1,
  });
});
