import { expect, test } from "bun:test";
import { soap } from "../../../src/roles/soap/index.ts";
import { RawClient } from "../../support/raw-client.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { call, envelope, exchange, faultOf, operations, post, textsOf } from "./support.ts";

const start = (config: Record<string, unknown> = {}) => startRole(soap, config, { operations });

/** Whoever else comes is served. */
async function serves(port: number): Promise<boolean> {
  const { body } = await post(port, envelope(call("add", 40, 2)));
  return textsOf(body, "addResult")[0] === "42";
}

const entities = Array.from(
  { length: 9 },
  (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
);
const syntaxErrors: Readonly<Record<string, [body: string | Uint8Array, message: string]>> = {
  "a billion laughs": [`<!DOCTYPE a [<!ENTITY l0 "ha">${entities.join("")}]><a>&l9;</a>`, "DOCTYPE"],
  "an external entity": [`<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "DOCTYPE"],
  "an external subset": [`<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>`, "DOCTYPE"],
  "a document type without an end": [
    `<!DOCTYPE a [${"<!ENTITY x 'y'>".repeat(1000)}`,
    "must contain a root element",
  ],
  "an entity of HTML": ["<a>&copy;</a>", "Undefined entity"],
  "80,000 levels": ["<a>".repeat(80_000), "More than 32 levels"],
  "20,000 attributes": [
    `<a ${Array.from({ length: 20_000 }, (_, i) => `a${i}=''`).join(" ")}/>`,
    "More than 64 attributes",
  ],
  "20,000 elements": [`<a>${"<b/>".repeat(20_000)}</a>`, "More than 1000 elements"],
  "a zero byte": ["<a>\0</a>", "invalid Char value 0, line 1, column 4"],
  "a reference to a zero character": ["<a>&#0;</a>", "Malformed character entity"],
  "bytes that are not UTF-8": [Uint8Array.of(0x3c, 0x61, 0x3e, 0xff), "not proper UTF-8"],
  "a second root element": ["<a/><b/>", "Extra content at the end of the document"],
  "a prefix of nothing": ["<x:a/>", "Namespace prefix x is not defined"],
  "a comment without an end": [`<a><!-- ${"x".repeat(200_000)}`, "line 1"],
};

for (const [what, [body, message]] of Object.entries(syntaxErrors)) {
  test(`${what} is a syntax error of the client, described in few words`, async () => {
    const { port } = await start();
    const answer = await post(port, body);
    expect(answer.status).toBe(500);
    const [code, text] = faultOf(answer);
    expect(code).toBe("soap11env:Client.XMLSyntaxError");
    expect(text).toContain(message);
    expect(answer.body.length).toBeLessThan(1000);
    expect(await serves(port)).toBe(true);
  });
}

test("a client that does not finish a request in time gets 408, also when bytes keep trickling", async () => {
  const { port } = await start({ requestTimeout: "200ms" });
  const halves = [
    "POST / HT",
    "POST / HTTP/1.1\r\nHost: x\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<",
  ];
  const clients = await Promise.all(halves.map(() => RawClient.connect(port)));
  clients.forEach((client, index) => {
    client.write(halves[index] ?? "");
  });
  const dripping = setInterval(() => clients[2]?.write("a"), 150);
  const answers = await Promise.all(clients.map((client) => client.all()));
  clearInterval(dripping);
  for (const answer of answers) expect(answer.toString()).toStartWith("HTTP/1.1 408 ");
  expect(await serves(port)).toBe(true);
});

test("a megabyte without an end, random bytes and an endless header cost their own connection only", async () => {
  const { port } = await start();
  const noise = crypto.getRandomValues(new Uint8Array(60_000));
  for (const request of ["x".repeat(1_000_000), noise, `GET / HTTP/1.1\r\nX: ${"a".repeat(1_000_000)}`]) {
    const client = await RawClient.connect(port);
    client.write(request);
    await client.ended;
    expect(await serves(port)).toBe(true);
  }
});

test("500 connections that say half a request, or nothing, keep nobody from being served", async () => {
  const { port, service } = await start();
  const idle = await Promise.all(Array.from({ length: 500 }, () => RawClient.connect(port)));
  expect(await serves(port)).toBe(true);
  for (const client of idle) client.write("POST / HTTP/1.1\r\nHo");
  await until(() => (service.stats().connections ?? 0) >= 500);
  expect(await serves(port)).toBe(true);
  for (const client of idle) client.reset();
  await until(() => (service.stats().connections ?? 0) < 500);
  expect(await serves(port)).toBe(true);
});

test("a header cannot smuggle a second request", async () => {
  const { port } = await start();
  const smuggled =
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /?wsdl HTTP/1.1\r\n\r\n";
  const answer = await exchange(port, smuggled);
  expect(answer.status).toBe(400);
  expect(answer.body).not.toContain("definitions");
});
