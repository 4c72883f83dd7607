import { expect, test } from "bun:test";
import { RequestBody } from "../../../src/net/http/request-body.ts";

/** Between other bytes, as in what has arrived. */
const bodyOf = (bytes: Uint8Array | string) => {
  const source = Buffer.concat([Buffer.from("xé"), Buffer.from(bytes), Buffer.from("é")]);
  return { source, body: new RequestBody(source, 3, source.length - 2) };
};

test.each([
  ["ASCII", "{}", "{}"],
  ["UTF-8", "Suhu: 28°C 😀", "Suhu: 28°C 😀"],
  ["nothing", "", ""],
  ["a byte order mark, which is left out", "\ufeffa", "a"],
  ["the replacement character itself", "a\ufffd", "a\ufffd"],
  ["a byte of Latin-1", Uint8Array.of(0x61, 0xe9), undefined],
  ["half a character", Uint8Array.of(0x61, 0xc3), undefined],
  ["a surrogate", Uint8Array.of(0xed, 0xa0, 0x80), undefined],
  ["a character in too many bytes", Uint8Array.of(0xc0, 0x80), undefined],
])("the text of a body with %s", (_, bytes, text) => {
  const { body } = bodyOf(bytes);
  expect(body.text).toBe(text);
  expect(Buffer.from(body.bytes)).toEqual(Buffer.from(bytes));
  expect(body.length).toBe(Buffer.from(bytes).length);
});

test("a body that was kept is the same when its source is used again", () => {
  const { body, source } = bodyOf("a é");
  body.keep();
  source.fill(0);
  expect([body.text, body.length, Buffer.from(body.bytes).toString()]).toEqual(["a é", 4, "a é"]);
});
