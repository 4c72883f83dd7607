import { expect, test } from "bun:test";
import fc from "fast-check";
import { readXml } from "../../../src/protocol/soap/xml-reader.ts";
import { escapeXml, findForbiddenCharacter } from "../../../src/protocol/soap/xml-text.ts";

test("markup becomes references, and what XML cannot hold becomes U+FFFD", () => {
  expect(escapeXml(`<a b="c">&'`)).toBe("&lt;a b=&quot;c&quot;&gt;&amp;'");
  expect(escapeXml("\0\u001f\ud800\uffff\t\u{1f600}")).toBe("\ufffd\ufffd\ufffd\ufffd&#9;\u{1f600}");
});

test("any text survives as the text and as an attribute of a document", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      let read = "";
      let attribute = "";
      readXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`, {
        open: (_, attributes) => {
          attribute = attributes[0]?.value ?? "";
        },
        text: (part) => {
          read += part;
        },
        close: () => {},
      });
      const expected = [...text]
        .map((character) => (findForbiddenCharacter(character) < 0 ? character : "\ufffd"))
        .join("");
      expect(read).toBe(expected);
      expect(attribute).toBe(expected);
    }),
  );
});
