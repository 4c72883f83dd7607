import { describe, expect, test } from "bun:test";
import { HttpError } from "../../../src/protocol/http/http-error.ts";
import { maxFields, maxHead, maxTarget, readRequestHead } from "../../../src/protocol/http/request-head.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

/** The status of the answer to a head that is not served; 0: it is served. */
function refusal(text: string): number {
  try {
    if (readRequestHead(bytes(text)) === undefined) throw new Error(`incomplete: ${JSON.stringify(text)}`);
    return 0;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
}

const get = (...fields: string[]): string =>
  `GET / HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const post = (...fields: string[]): string => get("Host: x", ...fields).replace("GET", "POST");

describe("a request's head", () => {
  test("is read with its target, version and fields, wherever it begins in the bytes", () => {
    const text =
      "GET /add?a=5&b=9 HTTP/1.1\r\nHost: lab:5151\r\nX-One:  a b\t\r\nx-one: c\r\nCookie: a\r\nCookie: b\r\n\r\nrest";
    const head = readRequestHead(bytes(`before${text}`), 6)!;
    expect(head).toMatchObject({
      method: "GET",
      target: "/add?a=5&b=9",
      minorVersion: 1,
      bodyLength: 0,
      keepsAlive: true,
    });
    expect(head.length).toBe(text.length - 4);
    expect(Buffer.from(head.bytes).toString()).toBe(text.slice(0, -4));
    expect([
      head.fields.get("host"),
      head.fields.get("X-ONE"),
      head.fields.get("cookie"),
      head.fields.get("none"),
    ]).toEqual(["lab:5151", "a b, c", "a; b", undefined]);
    expect(head.fields.entries.map(([name]) => name)).toEqual(["Host", "X-One", "x-one", "Cookie", "Cookie"]);
  });

  test("has a field by its name as all of its fields have it, however the name and its neighbours are written", () => {
    const text =
      "before\r\nAccept: x\r\n\r\nGET / HTTP/1.1\r\nHost: lab\r\nX-Accept: 1\r\naCCept: \t a \t\r\nNote: accept: 2\r\n" +
      "Accept:b\r\nAccept-: 3\r\ncookie: a\r\nCookie: b\r\nEmpty:\r\nOrigin-of-all-that-is-longer-than-it: 4\r\n\r\nAccept: y\r\n";
    const head = readRequestHead(bytes(text), 21)!;
    const names = "accept Accept ACCEPT host cookie empty note none origin x-accept accept- range".split(" ");
    const asFields = names.map((name) => head.fields.get(name));
    expect(names.map((name) => head.field(name))).toEqual(asFields);
    head.keep();
    expect(names.map((name) => head.field(name))).toEqual(asFields);
    expect([head.field("accept"), head.field("cookie"), head.field("empty"), head.field("origin")]).toEqual([
      "a, b",
      "a; b",
      "",
      undefined,
    ]);
  });

  test("is the same after the network has reused its buffer, when it was kept", () => {
    const buffer = bytes(`xx${get("Host: lab", "A: b")}`);
    const head = readRequestHead(buffer, 2)!;
    head.keep();
    buffer.fill(0);
    expect([head.target, head.fields.get("a"), Buffer.from(head.bytes).toString()]).toEqual([
      "/",
      "b",
      get("Host: lab", "A: b"),
    ]);
  });

  test("is not complete before its last byte, and never refused for that", () => {
    const text =
      "\r\nPOST /x?y HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n";
    for (let length = 0; length < text.length; length++) {
      expect(readRequestHead(bytes(text.slice(0, length)))).toBeUndefined();
    }
    expect(readRequestHead(bytes(text))).toMatchObject({
      length: text.length,
      bodyLength: 5,
      expectsContinue: true,
    });
  });

  test.each([
    ["empty lines before it", `\r\n\r\n${get("Host: x")}`, "/"],
    ["an absolute target, whose host counts", "GET http://other:81/a?b HTTP/1.1\r\nHost: x\r\n\r\n", "/a?b"],
    ["an absolute target without a path", "GET http://other?q HTTP/1.1\r\nHost: x\r\n\r\n", "/?q"],
    ["an absolute target without Host in HTTP/1.0", "GET HTTP://other/ HTTP/1.0\r\n\r\n", "/"],
    ["another expectation in HTTP/1.0", "GET /a HTTP/1.0\r\nExpect: foo\r\n\r\n", "/a"],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "*"],
    ["HTTP/1.0 without Host", "GET /a HTTP/1.0\r\n\r\n", "/a"],
    ["a later HTTP/1", "GET /a HTTP/1.9\r\nHost: x\r\n\r\n", "/a"],
    ["bytes that are no ASCII", Buffer.from("GET /é HTTP/1.1\r\nHost: x\r\n\r\n").toString("latin1"), "/é"],
    ["an empty Host", get("Host:"), "/"],
    ["a value with every allowed byte", get("Host: x", `A: \t !~\x80\xff`), "/"],
  ])("is understood with %s", (_, text, target) => {
    expect(readRequestHead(bytes(text))?.target).toBe(target);
  });

  test.each<[string, string, number]>([
    ["two lengths", post("Content-Length: 1", "Content-Length: 1"), 400],
    ["two lengths in one field", post("Content-Length: 1, 1"), 400],
    ["a length and chunks", post("Content-Length: 1", "Transfer-Encoding: chunked"), 400],
    ["chunks and a length", post("Transfer-Encoding: chunked", "Content-Length: 1"), 400],
    ["chunks twice", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400],
    ["an unknown transfer coding", post("Transfer-Encoding: gzip"), 400],
    ["a coding before chunked", post("Transfer-Encoding: gzip, chunked"), 400],
    ["a coding that only looks like chunked", post("Transfer-Encoding: xchunked"), 400],
    ["a coding with a vertical tab", post("Transfer-Encoding: \x0bchunked"), 400],
    ["no coding at all", post("Transfer-Encoding:"), 400],
    ["chunks in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["a length with a sign", post("Content-Length: +1"), 400],
    ["a negative length", post("Content-Length: -1"), 400],
    ["a hexadecimal length", post("Content-Length: 0x1"), 400],
    ["a length with a space", post("Content-Length: 1 1"), 400],
    ["a length without digits", post("Content-Length:"), 400],
    ["a length that no number holds", post("Content-Length: 99999999999999999999"), 400],
    ["two Host lines", get("Host: x", "Host: x"), 400],
    ["no Host", get(), 400],
    ["a Host with a space", get("Host: x y"), 400],
    ["a port without a Host", get("Host: :80"), 400],
    ["an absolute target without Host", "GET http://other/ HTTP/1.1\r\n\r\n", 400],
    ["an absolute target without a host", "GET http:///x HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["an absolute target with a port alone", "GET http://:80/x HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a Host with a path", get("Host: x/y"), 400],
    ["a Host with a user", get("Host: a@x"), 400],
    ["an absolute target with a user", "GET http://a@x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a bare CR in a field", get("Host: x", "A: b\rC: d"), 400],
    ["a bare CR in the first line", "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a bare LF after a field", "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400],
    ["a bare LF after the first line", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400],
    ["NUL in a value", get("Host: x", "A: \0"), 400],
    ["white space before a colon", get("Host: x", "A : b"), 400],
    ["a tab before a colon", get("Host: x", "Content-Length\t: 1"), 400],
    ["a field without a colon", get("Host: x", "A"), 400],
    ["a field without a name", get("Host: x", ": b"), 400],
    ["a name with a control character", get("Host: x", "A\x01: b"), 400],
    ["a name that is no ASCII", get("Host: x", "\xe9: b"), 400],
    ["a folded line", get("Host: x", "A: b", " c"), 400],
    ["white space before the first field", get(" Host: x"), 400],
    ["two spaces before the target", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["two spaces before the version", "GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a tab after the method", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a space after the version", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400],
    ["a fragment", "GET /#a HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a target that is no path", "GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["GET *", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["no method", " / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a method with a slash", "G/T / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["no version, as in HTTP/0.9", "GET /\r\n\r\n", 400],
    ["a version in lower case", "GET / http/1.1\r\nHost: x\r\n\r\n", 400],
    ["a version with two digits", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400],
    ["another protocol", "GET / SIP/2.0/1\r\nHost: x\r\n\r\n", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 400],
    ["HTTP/2 for a path", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505],
    ["HTTP/0.9 with its number", "GET / HTTP/0.9\r\nHost: x\r\n\r\n", 505],
    ["an unknown method", "BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501],
    ["a method in lower case", "get / HTTP/1.1\r\nHost: x\r\n\r\n", 501],
    ["CONNECT", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 501],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501],
    ["another expectation", post("Content-Length: 1", "Expect: a miracle"), 417],
    ["a target that is too long", `GET /${"a".repeat(maxTarget)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
    ["a target without end", `GET /${"a".repeat(maxTarget)}`, 414],
    ["too many fields", get("Host: x", ...Array.from({ length: maxFields }, (_, n) => `A${n}: b`)), 431],
    ["a field that is too long", get("Host: x", `A: ${"b".repeat(maxHead)}`), 431],
    ["a field without end", `GET / HTTP/1.1\r\nA: ${"b".repeat(maxHead)}`, 431],
    ["empty lines without end", "\r\n".repeat(maxHead), 431],
  ])("is refused with %s", (_, text, status) => {
    expect(refusal(text)).toBe(status);
  });

  test.each([
    ["HTTP/1.1", get("Host: x"), true],
    ["close", get("Host: x", "Connection: close"), false],
    ["a list with Close in it", get("Host: x", "Connection: TE, Close"), false],
    ["close in one of two fields", get("Host: x", "Connection: a", "Connection: close"), false],
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", false],
    ["HTTP/1.0 and Keep-Alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true],
  ])("says whether the connection goes on: %s", (_, text, keepsAlive) => {
    expect(readRequestHead(bytes(text))?.keepsAlive).toBe(keepsAlive);
  });

  test("100-continue is expected of a body alone, and never in HTTP/1.0", () => {
    const expects = (text: string) => readRequestHead(bytes(text))?.expectsContinue;
    expect(expects(post("Content-Length: 1", "Expect: 100-Continue"))).toBe(true);
    expect(expects(post("Content-Length: 0", "Expect: 100-continue"))).toBe(false);
    expect(expects("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")).toBe(false);
  });
});
