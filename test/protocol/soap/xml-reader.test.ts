import { describe, expect, test } from "bun:test";
import { readXml } from "../../../src/protocol/soap/xml-reader.ts";
import { XmlError } from "../../../src/protocol/soap/xml-text.ts";

/** The handler's events, one line each. */
function read(text: string): string[] {
  const events: string[] = [];
  readXml(text, {
    open: (name, attributes, depth) => {
      const shown = attributes
        .map(({ namespace, local, value }) => ` {${namespace}}${local}=${value}`)
        .join("");
      events.push(`${depth} <{${name.namespace}}${name.local}${shown}>`);
    },
    text: (part, depth) => void events.push(`${depth} ${part}`),
    close: (depth) => void events.push(`${depth} </>`),
  });
  return events;
}

function mistake(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof XmlError) return `${error.line}:${error.column} ${error.mistake}`;
    throw error;
  }
  return "well-formed";
}

describe("namespaces", () => {
  test("a default namespace is for elements, and not for attributes", () => {
    expect(read(`<a xmlns="urn:a" b="1"/>`)).toEqual(["1 <{urn:a}a {}b=1>", "1 </>"]);
  });

  test("an inner binding hides the outer one until its element closes", () => {
    const events = read(`<x:a xmlns:x="urn:1"><x:b xmlns:x="urn:2"/><x:c x:d=""/></x:a>`);
    expect(events.filter((line) => line.includes("<{"))).toEqual([
      "1 <{urn:1}a>",
      "2 <{urn:2}b>",
      "2 <{urn:1}c {urn:1}d=>",
    ]);
  });

  test("xml: is bound from the start, and xmlns='' takes the default back", () => {
    expect(read(`<a xmlns="urn:a" xml:lang="en"><b xmlns=""/></a>`)).toEqual([
      "1 <{urn:a}a {http://www.w3.org/XML/1998/namespace}lang=en>",
      "2 <{}b>",
      "2 </>",
      "1 </>",
    ]);
  });

  test("a prefix of nothing, an empty one and a second colon are mistakes", () => {
    expect(mistake("<x:a/>")).toContain("Namespace prefix x is not defined");
    for (const name of [":a", "a:", "xml:a:b"]) expect(mistake(`<${name}/>`)).toContain("Malformed name");
  });

  test("names from Object.prototype are names like others", () => {
    const events = read(`<__proto__ constructor="1"><toString/></__proto__>`);
    expect(events.slice(0, 2)).toEqual(["1 <{}__proto__ {}constructor=1>", "2 <{}toString>"]);
  });
});

describe("text", () => {
  test("character data, CDATA and references come in order, comments and instructions do not", () => {
    const events = read("<a>1<![CDATA[<2>]]>&#51;&amp;<!-- no --><?no no?>4</a>");
    expect(
      events
        .slice(1, -1)
        .map((line) => line.slice(2))
        .join(""),
    ).toBe("1<2>3&4");
  });
});

describe("mistakes", () => {
  test("have their line and column", () => {
    expect(mistake("hello")).toBe("1:1 Start tag expected, '<' not found");
    expect(mistake("<a>\n<b>")).toBe("2:4 Premature end of data in tag b line 2");
    expect(mistake("<a>\n  \u0001</a>")).toBe("2:3 PCDATA invalid Char value 1");
    expect(mistake("<a>\n</b></a>")).toBe("2:4 Unexpected close tag");
    expect(mistake("\n  hello")).toBe("2:3 Start tag expected, '<' not found");
    expect(mistake("")).toBe("1:1 Document is empty");
    expect(mistake("<!-- -->")).toBe("1:8 Document must contain a root element");
  });

  test("what may stand only once may not stand twice", () => {
    expect(mistake("<a/><b/>")).toContain("Extra content at the end of the document");
    expect(mistake("<a/>text")).toContain("Extra content at the end of the document");
  });

  test("limits hold for one element each: wide documents pass, deep ones and long lists of attributes do not", () => {
    const attributes = (count: number) =>
      Array.from({ length: count }, (_, index) => `a${index}=""`).join(" ");
    expect(mistake(`<a>${`<b ${attributes(64)}/>`.repeat(10)}</a>`)).toBe("well-formed");
    expect(mistake(`<a ${attributes(65)}/>`)).toContain("More than 64 attributes");
    expect(mistake("<a>".repeat(32) + "</a>".repeat(32))).toBe("well-formed");
    expect(mistake("<a>".repeat(33) + "</a>".repeat(33))).toContain("More than 32 levels of elements");
  });
});
