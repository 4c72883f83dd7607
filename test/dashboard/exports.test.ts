import { describe, expect, test } from "bun:test";
import sax from "sax";
import { excerpt } from "../../src/dashboard/page/wire/excerpt.ts";
import { asMermaid } from "../../src/dashboard/page/wire/export-mermaid.ts";
import { asPicture } from "../../src/dashboard/page/wire/export-svg.ts";
import { asText } from "../../src/dashboard/page/wire/export-text.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const order = ["mqtt", "echo"];
const conversation = () => excerpt("Request & response", feedOf(echoConversation(1)).list.rows);

describe("export as text", () => {
  test("has a heading, and a line for each message with its columns in place", () => {
    const [title, underline, when, , ...lines] = asText(conversation()).trimEnd().split("\n");
    expect(title).toBe("Request & response");
    expect(underline).toBe("==================");
    expect(when).toMatch(/^2026-11-20 12:00:\d\d to 12:00:\d\d, 4 lines$/);
    expect(lines.map((line) => line.slice(14))).toEqual([
      "echo  127.0.0.1:40001 -- echo  opens",
      "echo  127.0.0.1:40001 -> echo  halo",
      "echo  echo -> 127.0.0.1:40001  Echo: halo",
      "echo  127.0.0.1:40001 -- echo  closes: the client has ended",
    ]);
  });
});

describe("export as Mermaid", () => {
  test("has a participant for each peer and an arrow for each message", () => {
    expect(asMermaid(conversation(), order)).toBe(
      [
        "---",
        'title: "Request & response"',
        "---",
        "sequenceDiagram",
        "  participant c1 as 127.0.0.1:40001",
        "  participant s2 as echo",
        "  c1-->>s2: opens",
        "  c1->>s2: halo",
        "  s2->>c1: Echo: halo",
        "  c1--xs2: closes: the client has ended",
        "",
      ].join("\n"),
    );
  });

  test("what Mermaid would read as its own is written as an entity", () => {
    const { list } = feedOf([event("echo#1", { text: "a;b #1 %% <i>" })]);
    expect(asMermaid(excerpt("x", list.rows), order)).toContain(": a#59;b #35;1 #37;#37; #60;i#62;\n");
  });

  test("peers that share a lane on the page are participants of their own", () => {
    const { list } = feedOf([...echoConversation(1), ...echoConversation(2)]);
    expect(asMermaid(excerpt("x", list.rows), order).match(/participant c/g)).toHaveLength(2);
  });
});

describe("export as SVG", () => {
  /** What its texts say, in order. @throws {Error} when it is not well-formed */
  const textsOf = (svg: string): string[] => {
    const texts: string[] = [];
    const parser = sax.parser(true, { strictEntities: true });
    let isText = false;
    parser.onopentag = ({ name }) => {
      isText = name === "text";
    };
    parser.ontext = (text) => {
      if (isText) texts.push(text);
      isText = false;
    };
    parser.onerror = (error) => {
      throw error;
    };
    parser.write(svg).close();
    return texts;
  };

  test("is well-formed, with its title, every message and a legend", () => {
    const texts = textsOf(asPicture(conversation(), order).svg);
    expect(texts[0]).toBe("Request & response");
    expect(texts).toContain("halo");
    expect(texts).toContain("Echo: halo");
    expect(texts).toContain("opens, closes");
    expect(texts.filter((text) => text === "echo")).toHaveLength(2);
  });

  test("stays well-formed whatever the messages hold", () => {
    const { list } = feedOf([event("echo#1", { text: '</text>&"<script>\u0000\u0001\uffff' })]);
    const { svg } = asPicture(excerpt("<&>", list.rows), order);
    expect(textsOf(svg)).toContain('</text>&"<script>\ufffd\ufffd\ufffd');
    expect(svg).not.toContain("<script");
  });

  test("needs nothing from elsewhere", () => {
    const { svg } = asPicture(conversation(), order);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|url\(|<style|class=|var\(/,
    );
  });

  test("labels a peer with a name that only an event before the excerpt has", () => {
    const { list } = feedOf([
      event("mqtt#1", { fields: { client: "sensor" } }),
      event("mqtt#1", { text: "PINGREQ" }),
    ]);
    expect(textsOf(asPicture(excerpt("x", list.rows.slice(-1)), order).svg)).toContain("sensor");
  });
});
