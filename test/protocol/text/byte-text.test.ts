import { expect, test } from "bun:test";
import fc from "fast-check";
import { bytesOfText, textFields, textOfBytes } from "../../../src/protocol/text/byte-text.ts";

test("any bytes become text and the same bytes again", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(Buffer.from(bytesOfText(textOfBytes(bytes))).equals(bytes)).toBe(true);
    }),
  );
});

test("text that is UTF-8 is itself, a byte order mark and a character beyond U+FFFF as well", () => {
  for (const text of ["", "halo", "\ufeff28°C", "🦊 é"]) {
    expect(textOfBytes(new TextEncoder().encode(text))).toBe(text);
    expect(Buffer.from(bytesOfText(text)).toString()).toBe(text);
  }
});

test.each([
  ["a byte of Latin-1", [0x68, 0xe9, 0x21], "h\udce9!"],
  ["half a character at the end", [0x68, 0xe2, 0x82], "h\udce2\udc82"],
  ["an overlong form", [0xc0, 0xaf], "\udcc0\udcaf"],
  ["a surrogate, which UTF-8 has not", [0xed, 0xb2, 0x80], "\udced\udcb2\udc80"],
  ["a character beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "\udcf4\udc90\udc80\udc80"],
])("%s is kept byte by byte", (_, bytes, text) => {
  expect(textOfBytes(Uint8Array.from(bytes))).toBe(text);
  expect([...bytesOfText(text)]).toEqual(bytes);
});

test("for JSON the bytes that are no UTF-8 are also given in base64", () => {
  expect(textFields("reply", "halo")).toEqual({ reply: "halo" });
  expect(textFields("reply", "hal\udce9")).toEqual({ reply: "hal\ufffd", replyBase64: "aGFs6Q==" });
  expect(textFields("reply", undefined)).toEqual({ reply: undefined });
});
