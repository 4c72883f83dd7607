import { describe, expect, test } from "bun:test";
import type { TryForm } from "../../src/dashboard/page/api/types.ts";
import { anyAnswer, verdictOf } from "../../src/dashboard/page/try/expectation.ts";
import { hexText, parseHex } from "../../src/dashboard/page/try/hex-text.ts";
import {
  forget,
  type PastRequest,
  readHistory,
  remember,
  withoutSecrets,
} from "../../src/dashboard/page/try/history.ts";
import { httpBytes } from "../../src/dashboard/page/try/http-request.ts";
import { indentedXml, partsOf, setOut } from "../../src/dashboard/page/try/reply.ts";
import { apiRequest, rawBytes, unescaped } from "../../src/dashboard/page/try/request.ts";

const address = { transport: "tcp", host: "127.0.0.1", port: 5151 };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("bytes as text and in hexadecimal", () => {
  test("hexadecimal is read however it was pasted", () => {
    for (const given of ["48 61 6c", "48616c", "0x48,0x61,0x6C", "48:61:6c", " 48\n61-6c "])
      expect([given, text(parseHex(given))]).toEqual([given, "Hal"]);
    expect(() => parseHex("4g")).toThrow("“4g” is not hexadecimal.");
    expect(() => parseHex("481")).toThrow("“481” has an odd number of digits.");
    expect(hexText(parseHex("00ff"))).toBe("00 ff");
  });

  test("escapes stand for what one cannot type", () => {
    expect(unescaped(String.raw`TIME\r\n\0\x1b\\n\q`)).toBe("TIME\r\n\0\x1b\\n\\q");
    expect([...rawBytes({ format: "text", content: "°\\n" })]).toEqual([0xc2, 0xb0, 10]);
    expect([...rawBytes({ format: "hex", content: "ff00" })]).toEqual([255, 0]);
  });
});

describe("an HTTP request", () => {
  test("gets a host, a length and an end where none is written", () => {
    const request = { method: "PATCH", path: "/x?y=1", headers: "A: 1\nb:2", body: "°" };
    expect(text(httpBytes(request, address))).toBe(
      "PATCH /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:5151\r\nA: 1\r\nb: 2\r\nContent-Length: 2\r\nConnection: close\r\n\r\n°",
    );
  });

  test("keeps what is written", () => {
    const headers = "host: lab\nCONTENT-LENGTH: 1\nConnection: keep-alive";
    const sent = text(httpBytes({ method: "POST", path: "/", headers, body: "ab" }, address));
    expect(sent).toBe(
      "POST / HTTP/1.1\r\nhost: lab\r\nCONTENT-LENGTH: 1\r\nConnection: keep-alive\r\n\r\nab",
    );
  });

  test("is sent as bytes", () => {
    const form: TryForm = { service: "a b", role: "rest", title: "", fields: [], address };
    const http = { method: "GET", path: "/", headers: "", body: "" };
    const { path, body } = apiRequest(form, { kind: "http", http });
    expect(path).toBe("/api/try/a%20b/raw");
    expect(body).toEqual({
      bytes: Buffer.from(httpBytes(http, address)).toString("base64"),
      untilClose: true,
    });
  });
});

describe("an answer", () => {
  const http = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":1}';

  test("of HTTP has a head and a body", () => {
    expect(partsOf(http)).toEqual({ head: http.split("\r\n\r\n")[0], body: '{"a":1}' });
    expect(partsOf("Echo: halo")).toEqual({ head: undefined, body: "Echo: halo" });
  });

  test("is set out where it is JSON or XML", () => {
    expect(setOut('{"a":1}')).toEqual({ kind: "json", value: { a: 1 } });
    expect(setOut("<a><b>1</b><c/></a>")).toEqual({ kind: "xml", text: "<a>\n  <b>1</b>\n  <c/>\n</a>" });
    expect(setOut("halo")).toBeUndefined();
    expect(setOut("<3 you >")).toBeUndefined();
  });

  test("XML keeps its comments, its declaration and what is mixed", () => {
    const source = '<?xml version="1.0"?><!-- <x> --><a k="v">text<b>1</b>tail</a>';
    expect(indentedXml(source)).toBe(
      '<?xml version="1.0"?>\n<!-- <x> -->\n<a k="v">text\n  <b>1</b>\n  tail\n</a>',
    );
    expect(indentedXml("<a><b></a>")).toBeUndefined();
  });
});

describe("what is expected", () => {
  const reply = (body: string) => ({ reply: { text: body }, ms: 12 });
  const json = reply('HTTP/1.1 200 OK\r\nDate: today\r\n\r\n{"a":1}\n');

  test("nothing has no mark", () => {
    expect(verdictOf(anyAnswer, reply("x"))).toBeUndefined();
  });

  test("equals the answer, or the body of an HTTP reply; a line end at the end does not count", () => {
    const equal = (text: string) => ({ ...anyAnswer, kind: "equal" as const, text });
    expect(verdictOf(equal("halo"), reply("halo\r\n"))?.isMet).toBe(true);
    expect(verdictOf(equal('{"a":1}'), json)?.isMet).toBe(true);
    expect(verdictOf(equal("HALO"), reply("halo"))).toEqual({ isMet: false, missed: ["equal"] });
    expect(verdictOf(equal(""), { reply: null, ms: 1 })?.isMet).toBe(false);
  });

  test("is in the answer, and in time", () => {
    const expected = { kind: "contains", text: "200 OK", within: "20" } as const;
    expect(verdictOf(expected, json)?.isMet).toBe(true);
    expect(verdictOf({ ...expected, within: "11" }, json)).toEqual({ isMet: false, missed: ["within"] });
    expect(verdictOf({ ...expected, text: "404", within: "1" }, json)?.missed).toEqual([
      "contains",
      "within",
    ]);
    expect(verdictOf({ ...anyAnswer, within: "20" }, { reply: null, ms: 1 })?.isMet).toBe(false);
  });

  test("is not in the date of an answer, which would make it true now and then", () => {
    const answer = reply(
      "HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 22:43:12 GMT\r\nServer: x\r\n\r\nDate: 42",
    );
    const contains = (text: string) => verdictOf({ ...anyAnswer, kind: "contains", text }, answer)?.isMet;
    expect(["43", "Nov", "42", "Server: x", "200 OK"].map(contains)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });
});

describe("earlier requests", () => {
  const memory = (start?: string) => {
    let kept = start ?? null;
    const setItem = (_: string, value: string) => {
      kept = value;
    };
    return { getItem: () => kept, setItem };
  };
  const past = (id: number, content = "x"): PastRequest => ({
    ...{ id, service: id % 2 === 0 ? "even" : "odd", time: id, ok: true, ms: 1, expected: anyAnswer },
    request: { kind: "raw", format: "text", content, finish: false },
  });

  test("are kept, the newest first, and forgotten by service", () => {
    const storage = memory();
    for (const id of [1, 2, 3]) remember(storage, past(id));
    expect(readHistory(storage).map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(forget(storage, "odd").map(({ id }) => id)).toEqual([2]);
  });

  test("are bounded in number, in the size of one and of all", () => {
    const storage = memory();
    for (let id = 0; id < 100; id++) remember(storage, past(id));
    expect(readHistory(storage)).toHaveLength(60);
    expect(remember(storage, past(1000, "x".repeat(20_000))).some(({ id }) => id === 1000)).toBe(false);
    for (let id = 0; id < 60; id++) remember(storage, past(id, "x".repeat(10_000)));
    expect(storage.getItem()?.length).toBeLessThan(210 * 1024);
  });

  test("that cannot be read are none", () => {
    for (const kept of ["{", "7", '[{"id":1}]', "[null]"]) expect(readHistory(memory(kept))).toEqual([]);
  });

  test("hold no passwords", () => {
    const fields = [
      { name: "user", label: "User", type: "text" },
      { name: "password", label: "Password", type: "password" },
    ] as const;
    const form = { service: "mqtt", role: "mqtt", title: "", fields, address };
    const request = { kind: "form", values: { user: "ani", password: "rahasia" } } as const;
    expect(withoutSecrets(form, request)).toEqual({ kind: "form", values: { user: "ani" } });
  });
});
