import { expect, test } from "bun:test";
import fc from "fast-check";
import { readPlainXml, replay } from "../../../src/protocol/soap/plain-xml.ts";
import type { XmlHandler } from "../../../src/protocol/soap/xml-events.ts";
import { readBySaxes } from "../../../src/protocol/soap/xml-reader.ts";
import { findForbiddenCharacter } from "../../../src/protocol/soap/xml-text.ts";

/** What a handler gets, a line for each event; neighbouring texts are one, and those outside of the root element none. */
function eventsOf(read: (handler: XmlHandler) => void): string[] {
  const events: string[] = [];
  let text = "";
  const add = (event: string) => {
    if (text !== "") events.push(text);
    text = "";
    events.push(event);
  };
  read({
    open: (name, attributes, depth) => add(`${depth} <${JSON.stringify([name, ...attributes])}`),
    text(part, depth) {
      if (depth > 0) text += part;
    },
    close: (depth) => add(`${depth} >`),
  });
  return events;
}

/** Undefined: it is left to saxes. */
function plain(text: string): string[] | undefined {
  const events = readPlainXml(text);
  return events && eventsOf((handler) => replay(events, handler));
}

/** As a reason when it is not well-formed. */
function bySaxes(text: string): string[] | string {
  try {
    return eventsOf((handler) => readBySaxes(text, handler));
  } catch (error) {
    return String(error);
  }
}

const soap = "http://schemas.xmlsoap.org/soap/envelope/";
const xsi = "http://www.w3.org/2001/XMLSchema-instance";

/** As the clients send them: zeep, .NET, node-soap, PHP, a person. */
const envelopes = [
  `<?xml version='1.0' encoding='utf-8'?>\n<soap-env:Envelope xmlns:soap-env="${soap}"><soap-env:Body><ns0:add xmlns:ns0="urn:c"><ns0:a>1</ns0:a><ns0:b>2</ns0:b></ns0:add></soap-env:Body></soap-env:Envelope>`,
  `<?xml version="1.0" encoding="utf-8"?>\r\n<soap:Envelope xmlns:soap="${soap}" xmlns:xsi="${xsi}">\r\n  <soap:Body>\r\n    <add xmlns="urn:c"><a>1</a><b xsi:nil="true" /></add>\r\n  </soap:Body>\r\n</soap:Envelope>\r\n`,
  `<s:Envelope xmlns:s='${soap}' s:encodingStyle="x"><s:Header/><s:Body><!-- a sum --><t:add xmlns:t="urn:c" note="a &lt; b&#10;&amp;\tc"><a>&#x31;<![CDATA[2]]></a></t:add></s:Body></s:Envelope>`,
];

test.each(envelopes)("the envelope of a client is read without saxes, and as by saxes: %s", (text) => {
  expect(plain(text)).toEqual(bySaxes(text) as string[]);
});

test.each([
  ["a document type", "<!DOCTYPE a><a/>"],
  ["a processing instruction", "<a><?b c?></a>"],
  ["another version of XML", '<?xml version="1.1"?><a/>'],
  ["a name that is not ASCII", "<é/>"],
  ["an unknown entity", "<a>&copy;</a>"],
  ["a bare ampersand", "<a b='1 & 2'/>"],
  ["a reference to a character that XML forbids", "<a>&#0;</a>"],
  ["a prefix of nothing", "<a b:c=''/>"],
  ["an attribute twice", "<a b='' b=''/>"],
  ["an attribute twice by its namespace", "<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>"],
  ["a prefix that is bound twice", "<a xmlns:x='u' xmlns:x='u'/>"],
  ["a prefix that is bound to nothing", "<a xmlns:x=''/>"],
  ["a reserved prefix", "<a xmlns:xml='u'/>"],
  ["no space between attributes", "<a b=''c=''/>"],
  ["the end of a CDATA section in a text", "<a>]]></a>"],
  ["a < in an attribute", "<a b='<'/>"],
  ["two hyphens in a comment", "<a><!-- -- --></a>"],
  ["an end tag of another element", "<a><b></a></b>"],
  ["an element without its end", "<a><b></b>"],
  ["a second root element", "<a/><b/>"],
  ["text behind the root element", "<a/>b"],
  ["33 levels", "<a>".repeat(33) + "</a>".repeat(33)],
  ["1001 elements", `<a>${"<b/>".repeat(1000)}</a>`],
  ["65 attributes", `<a ${Array.from({ length: 65 }, (_, i) => `a${i}=''`).join(" ")}/>`],
  ["nothing", ""],
])("%s is left to saxes", (_, text) => {
  expect(plain(text)).toBeUndefined();
});

const names = ["a", "b", "x:a", "y:b", "xmlns:a", "x:", ":a", "x:y:z", "a-1.b", "é", "__proto__"];
const values = [
  "1",
  " 2\t\n",
  "&lt;",
  "&#13;",
  "&#x10ffff;",
  "&#x110000;",
  "&",
  "&b;",
  "<",
  ">",
  "]]>",
  "\r\n",
  "é😀",
];
const piece = fc.oneof(
  fc.constantFrom(...values, "<!-- c -->", "<!--->", "<![CDATA[<]]>", "<![CDATA[", "<?p i?>", "\ufeff"),
  fc.constantFrom(...names).map((name) => `<${name}>`),
  fc.constantFrom(...names).map((name) => `</${name} >`),
  fc.constantFrom(...names).map((name) => `<${name}/>`),
);
const attribute = fc
  .tuple(
    fc.constantFrom(...names, "xmlns", "xmlns:x", "xmlns:y", "xmlns:xml", "xml:lang"),
    fc.constantFrom(...values, "urn:1", "urn:2", ""),
    fc.constantFrom('"', "'"),
    fc.constantFrom(" ", "\n", "", " \t"),
  )
  .map(([name, value, quote, blank]) => `${blank}${name}=${quote}${value}${quote}`);
const tag = fc
  .tuple(
    fc.constantFrom(...names),
    fc.array(attribute, { maxLength: 3 }),
    fc.constantFrom(">", "/>", " />", ">"),
  )
  .map(([name, attributes, end]) => `<${name}${attributes.join("")}${end}`);
const nested = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      fc.constantFrom(...names),
      fc.array(attribute, { maxLength: 2 }),
      fc.array(fc.oneof({ depthSize: "small" }, piece, tie("element"), tie("element")), { maxLength: 3 }),
    )
    .map(([name, attributes, inner]) => `<${name}${attributes.join("")}>${inner.join("")}</${name}>`),
})).element;
const declared = fc.constantFrom(
  "",
  "",
  '<?xml version="1.0"?>',
  "<?xml version='1.0' encoding='utf-8' ?>\n",
  '<?xml version="1.0" encoding="-"?>',
  '<?xml  version = "1.0"?>',
  " <?xml version='1.0'?>",
);
const anyDocument = fc
  .tuple(
    declared,
    fc.oneof(
      nested,
      fc.array(fc.oneof(piece, tag), { maxLength: 8 }).map((all) => all.join("")),
    ),
  )
  .map((parts) => parts.join(""));
/** An envelope with a piece cut out, or put in. */
const changed = fc
  .tuple(fc.constantFrom(...envelopes), fc.nat(), fc.nat(12), fc.oneof(fc.constant(""), piece, attribute))
  .map(([text, at, length, more]) => {
    const start = at % text.length;
    return text.slice(0, start) + more + text.slice(start + length);
  });

test("whatever is read without saxes is read as by saxes", () => {
  let count = 0;
  fc.assert(
    fc.property(fc.oneof(anyDocument, changed), (text) => {
      if (findForbiddenCharacter(text) >= 0) return;
      const events = plain(text);
      if (events === undefined) return;
      count++;
      expect(bySaxes(text)).toEqual(events);
    }),
    { numRuns: 10_000 },
  );
  // The documents are such that the comparison says something.
  expect(count).toBeGreaterThan(100);
});
