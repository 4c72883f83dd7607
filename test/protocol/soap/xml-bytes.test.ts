import { expect, test } from "bun:test";
import { RequestBody } from "../../../src/net/http/request-body.ts";
import { ContentTypeReader } from "../../../src/protocol/soap/content-type.ts";
import { soap11, soap12 } from "../../../src/protocol/soap/version.ts";
import { charsetOf, decodeXml, decodeXmlBody } from "../../../src/protocol/soap/xml-bytes.ts";

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

test("the body of a request is decoded as its bytes are, whether its text is at hand or not", () => {
  const declared = (encoding: string) => `<?xml version='1.0' encoding='${encoding}'?><a>é</a>`;
  const bodies = [
    Buffer.from("<a>é</a>"),
    Buffer.from("\ufeff<a>é</a>"),
    Buffer.from(`\ufeff${declared("iso-8859-1")}`),
    Buffer.from(declared("utf-8")),
    Buffer.from(declared("UTF-8")),
    Buffer.from(declared("iso-8859-1")),
    Buffer.from(declared("ebcdic")),
    Buffer.from(declared("iso-8859-1"), "latin1"),
    Buffer.from("<a></a>", "utf16le"),
    utf16be("<a></a>"),
    Buffer.from("\ufeff<a>é</a>", "utf16le"),
    Buffer.from("<a>é</a>", "latin1"),
    Buffer.alloc(0),
  ];
  const result = (decode: () => string) => {
    try {
      return decode();
    } catch (error) {
      return String(error);
    }
  };
  for (const body of bodies) {
    for (const charset of [undefined, "utf-8", "utf8", "iso-8859-1", "utf-16", "ebcdic"]) {
      const { text: bodyText } = new RequestBody(body, 0, body.length);
      expect(result(() => decodeXmlBody({ body, bodyText }, charset))).toBe(
        result(() => decodeXml(body, charset)),
      );
    }
  }
});

test("a Content-Type is read anew when it is another one", () => {
  const types = new ContentTypeReader();
  const read = (text?: string) => [types.read(text).version, types.read(text).charset];
  expect(read("text/xml; charset=utf-8")).toEqual([soap11, "utf-8"]);
  expect(read("application/soap+xml")).toEqual([soap12, undefined]);
  expect(read()).toEqual([soap11, undefined]);
  expect(read("text/xml; charset=latin1")).toEqual([soap11, "latin1"]);
});

test("the charset of a Content-Type is found in any case, quoted or not", () => {
  expect(charsetOf("text/xml; charset=UTF-16")).toBe("utf-16");
  expect(charsetOf('application/soap+xml;action="a;charset=x"; Charset="utf-8"')).toBe("utf-8");
  expect(charsetOf("text/xml")).toBeUndefined();
  expect(charsetOf(undefined)).toBeUndefined();
});
