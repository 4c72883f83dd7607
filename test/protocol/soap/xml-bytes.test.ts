import { expect, test } from "bun:test";
import { charsetOf, decodeXml } from "../../../src/protocol/soap/xml-bytes.ts";

const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

test("a byte order mark says more than any label", () => {
  expect(decodeXml(Buffer.from("\ufeff<a>é</a>", "utf8"), "iso-8859-1")).toBe("<a>é</a>");
  expect(decodeXml(Buffer.from("\ufeff<a>é</a>", "utf16le"), "utf-8")).toBe("<a>é</a>");
  expect(decodeXml(utf16be("\ufeff<a>é</a>"), "utf-16")).toBe("<a>é</a>");
});

test("UTF-16 without a mark is known by the zero beside the first <", () => {
  expect(decodeXml(Buffer.from("<a>é</a>", "utf16le"), undefined)).toBe("<a>é</a>");
  expect(decodeXml(utf16be("<a>é</a>"), "utf-16")).toBe("<a>é</a>");
});

test("the transport's charset comes before the declaration, the declaration before UTF-8", () => {
  const declared = "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>";
  expect(decodeXml(Buffer.from(declared, "latin1"), undefined)).toBe(declared);
  expect(decodeXml(Buffer.from(declared, "utf8"), "utf-8")).toBe(declared);
  expect(decodeXml(Buffer.from("<a>é</a>", "utf8"), undefined)).toBe("<a>é</a>");
});

test("bytes of another encoding and unknown encodings are refused", () => {
  expect(() => decodeXml(Buffer.from("<a>é</a>", "latin1"), undefined)).toThrow("Input is not proper UTF-8");
  expect(() => decodeXml(Buffer.from("<a/>"), "ebcdic")).toThrow("Unsupported encoding ebcdic");
});

test("the charset of a Content-Type is found in any case, quoted or not", () => {
  expect(charsetOf("text/xml; charset=UTF-16")).toBe("utf-16");
  expect(charsetOf('application/soap+xml;action="a;charset=x"; Charset="utf-8"')).toBe("utf-8");
  expect(charsetOf("text/xml")).toBeUndefined();
  expect(charsetOf(undefined)).toBeUndefined();
});
