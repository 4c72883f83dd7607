import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import sax from "sax";
import { excerpt } from "../../src/dashboard/page/wire/excerpt.ts";
import { asMarkdown } from "../../src/dashboard/page/wire/export-markdown.ts";
import { asMermaid } from "../../src/dashboard/page/wire/export-mermaid.ts";
import { asPictures } from "../../src/dashboard/page/wire/export-svg.ts";
import { asText } from "../../src/dashboard/page/wire/export-text.ts";
import { layOut } from "../../src/dashboard/page/wire/layout.ts";
import { headLabel } from "../../src/dashboard/page/wire/lifelines.ts";
import { formatNotes, maxNotes, noteKey, parseNotes, withNote } from "../../src/dashboard/page/wire/notes.ts";
import { textWidth, wrap } from "../../src/dashboard/page/wire/text-width.ts";
import { printable } from "../../src/protocol/text/printable.ts";
import { mermaidLibrary, readMermaid } from "../support/mermaid.ts";
import { testWith } from "../support/needs.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const order = ["mqtt", "echo"];
const echoes = (count: number) =>
  Array.from({ length: count }, (_, number) => event("echo#1", { text: `halo ${number}` }));
const svgOf = (part: Parameters<typeof asPictures>[0]) => asPictures(part, order)[0]!.svg;
const conversation = () => excerpt("Request & response", feedOf(echoConversation(1)).list.rows);

describe("export as text", () => {
  test("has a heading, and a line for each message with its columns in place", () => {
    const [title, underline, when, , ...lines] = asText(conversation()).trimEnd().split("\n");
    expect(title).toBe("Request & response");
    expect(underline).toBe("==================");
    expect(when).toMatch(/^20 Nov 2026, 12:\d\d:\d\d to 12:\d\d:\d\d, 4 lines$/);
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
    expect(asMermaid(conversation(), order).replace(/ 12:\d\d:\d\d\.\d{3} /g, " ")).toBe(
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
    expect(asMermaid(excerpt("x", list.rows), order)).toContain(" a#59;b #35;1 #37;#37; #60;i#62;\n");
  });

  const testMermaid = testWith(mermaidLibrary);

  testMermaid("is read by Mermaid itself, with every text as it was", async () => {
    const read = await readMermaid(asMermaid(conversation(), order));
    expect(read.participants).toEqual(["127.0.0.1:40001", "echo"]);
    expect(read.lines.map(({ from, to, text }) => [from, to, text.slice(13)])).toEqual([
      ["127.0.0.1:40001", "echo", "opens"],
      ["127.0.0.1:40001", "echo", "halo"],
      ["echo", "127.0.0.1:40001", "Echo: halo"],
      ["127.0.0.1:40001", "echo", "closes: the client has ended"],
    ]);
  });

  const words = [
    "end",
    "wrap:",
    "nowrap:",
    "%%",
    "#",
    ";",
    "#59;",
    ":",
    "->>",
    "<br>",
    "note",
    "---",
    "{",
    " ",
  ];
  const anyText = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "grapheme" })), { maxLength: 6 })
    .map((parts) => printable(parts.join("")))
    .filter((text) => text.trim() !== "");

  testMermaid("whatever a peer sends, is called, or somebody notes is read by Mermaid as text", async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, anyText, async (title, said, noted) => {
        const events = [event("echo#1", { text: said, fields: { client: said } })];
        const notes = withNote(new Map(), events[0]!, { text: noted, isHighlighted: false });
        const part = excerpt(title, feedOf(events).list.rows, { notes });
        const { participants, lines } = await readMermaid(asMermaid(part, order));
        expect(participants[0]?.trim()).toBe(said.trim());
        expect(lines.map(({ text }) => text.trim())).toEqual([
          expect.stringContaining(said.trim()),
          noted.trim(),
        ]);
      }),
      { numRuns: 60 },
    );
  });

  test("peers that share a lane on the page are participants of their own", () => {
    const { list } = feedOf([...echoConversation(1), ...echoConversation(2)]);
    expect(asMermaid(excerpt("x", list.rows), order).match(/participant c/g)).toHaveLength(2);
  });
});

test("the times of a message stand in its arrow, as the page shows them", () => {
  const part = excerpt("x", feedOf(echoConversation(1)).list.rows, { timeMode: "last" });
  expect(asMermaid(part, order)).toContain("  s2->>c1: +0.001 s Echo: halo\n");
});

describe("export as Markdown", () => {
  test("is a table with a row for each message", () => {
    const [title, , head, line, ...rows] = asMarkdown(conversation()).trimEnd().split("\n");
    expect(title).toMatch(/^\*\*Request & response\*\*, 20 Nov 2026, 12:\d\d:\d\d to 12:\d\d:\d\d$/);
    expect([head, line]).toEqual(["| Time | From | To | Message |", "| --- | --- | --- | --- |"]);
    expect(rows.map((row) => row.slice(17))).toEqual([
      "127.0.0.1:40001 | echo | opens |",
      "127.0.0.1:40001 | echo | halo |",
      "echo | 127.0.0.1:40001 | Echo: halo |",
      "127.0.0.1:40001 | echo | closes: the client has ended |",
    ]);
  });

  test("keeps its columns whatever the messages hold", () => {
    const { list } = feedOf([event("echo#1", { text: "a|b\n*c* `d` <i> [e](f) \\" })]);
    const row = asMarkdown(excerpt("x", list.rows)).trimEnd().split("\n").at(-1);
    expect(row?.split(/(?<!\\)\|/)).toHaveLength(6);
    expect(row).toContain("a\\|b \\*c\\* \\`d\\` \\<i\\> \\[e\\](f) \\\\ |");
  });
});

describe("notes and highlights", () => {
  const events = echoConversation(1);
  const notes = withNote(
    withNote(new Map(), events[1]!, { text: "the question", isHighlighted: true }),
    events[2]!,
    { text: "", isHighlighted: true },
  );
  const noted = excerpt("x", feedOf(events).list.rows, { notes });

  test("are in every export", () => {
    expect(asText(noted)).toContain("halo  <-- the question\n");
    expect(asText(noted)).toContain("Echo: halo  <--\n");
    expect(asMarkdown(noted)).toContain("| **halo** | the question |\n");
    expect(asMarkdown(noted)).toContain("| **Echo: halo** |  |\n");
    expect(asMermaid(noted, order)).toContain("  Note over c1,s2: the question\n");
    expect(svgOf(noted)).toContain(">the question</text>");
    expect(svgOf(noted).match(/<rect x="0" [^>]*fill="#fff3c4"/g)).toHaveLength(2);
  });

  test("are remembered, the newest ones, and forgotten when they say nothing", () => {
    expect(parseNotes(formatNotes(notes))).toEqual(notes);
    expect(withNote(notes, events[1]!, { text: " ", isHighlighted: false }).size).toBe(1);
    expect(withNote(notes, events[1]!, undefined).size).toBe(1);
    let many = notes;
    for (let count = 0; count < maxNotes + 5; count++)
      many = withNote(many, event("echo#1"), { text: `${count}`, isHighlighted: false });
    expect(many.size).toBe(maxNotes);
    expect(many.has(noteKey(events[1]!))).toBe(false);
    for (const wrong of [null, "", "{}", "[1]", '[["a","b"]]', "not JSON"])
      expect(parseNotes(wrong).size).toBe(0);
  });
});

describe("export for paper", () => {
  const pagesOf = (events: Parameters<typeof feedOf>[0]) =>
    asPictures(excerpt("x", feedOf(events).list.rows), order);

  test("is no wider and no higher than what an A4 page has between its margins", () => {
    const pages = pagesOf(echoes(150));
    expect(pages.length).toBeGreaterThan(3);
    for (const { width, height } of pages) {
      expect(width).toBe(605);
      expect(height).toBeLessThanOrEqual(247 * (96 / 25.4));
    }
    const texts = pages.map(({ svg }) => svg.match(/>halo \d+</g)?.length ?? 0);
    expect(texts.reduce((sum, count) => sum + count)).toBe(150);
    expect(Math.max(...texts) - Math.min(...texts)).toBeLessThanOrEqual(pages.length);
    expect(pages[1]?.svg).toContain(`x (2 of ${pages.length})`);
  });

  test("has no text that is smaller than 7 points on paper", () => {
    const [page] = pagesOf([...echoConversation(1), event("mqtt#1")]);
    const width = Number(/viewBox="0 0 (\d+)/.exec(page!.svg)?.[1]);
    const sizes = [...page!.svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size));
    expect(Math.min(...sizes) * (605 / width) * 0.75).toBeGreaterThan(7);
  });

  test("has the lanes in the page's order, whichever talks first in it", () => {
    const { list } = feedOf([
      ...["a", "b", "c"].map((client) => event(`mqtt#${client}`, { fields: { client } })),
      ...["c", "a"].map((client) => event(`mqtt#${client}`, { fields: { client }, text: "again" })),
    ]);
    const part = excerpt("x", list.rows.slice(-2));
    expect(part.lanes.lanes("mqtt").map(({ peers }) => peers[0]?.label)).toEqual(["a", "c"]);
    const names = [...asMermaid(part, order).matchAll(/participant \S+ as (\S+)/g)].map(([, name]) => name);
    expect(names).toEqual(["c", "a", "mqtt"]);
    expect(
      layOut(["mqtt"], list.lanes, { width: 0, left: 0, minStep: 1, maxStep: 1 }).columns.map(headLabel),
    ).toEqual(["c", "a", "mqtt", "b"]);
  });

  test("has as many lanes as are readable; the others share one", () => {
    const events = Array.from({ length: 40 }, (_, client) =>
      event(`mqtt#${client}`, { fields: { client: `sensor-${client}` } }),
    );
    const [page] = pagesOf(events);
    expect(page?.svg).toContain(">others</text>");
    expect(page?.width).toBe(605);
  });

  test("copies what it needs: it stays as it is while the page goes on", () => {
    const feed = feedOf(echoConversation(1));
    const part = excerpt("x", feed.list.rows);
    const before = svgOf(part);
    for (const each of echoes(12_000)) feed.add(each);
    expect(svgOf(part)).toBe(before);
  });
});

test("lines are broken between words, and within what is longer than a line", () => {
  expect(wrap("satu dua tiga", 10, 50)).toEqual(["satu dua", "tiga"]);
  expect(wrap("", 10, 50)).toEqual([""]);
  for (const line of wrap("abcdefghijklmnopqrstuvwxyz a", 10, 50))
    expect(textWidth(line, 10)).toBeLessThanOrEqual(50);
  expect(wrap("abcdefghijklmnopqrstuvwxyz", 10, 50).join("")).toBe("abcdefghijklmnopqrstuvwxyz");
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
    const texts = textsOf(svgOf(conversation()));
    expect(texts[0]).toBe("Request & response");
    expect(texts).toContain("halo");
    expect(texts).toContain("Echo: halo");
    expect(texts).toContain("opens, closes");
    expect(texts.filter((text) => text === "echo")).toHaveLength(2);
  });

  test("stays well-formed whatever the messages hold", () => {
    const { list } = feedOf([event("echo#1", { text: '</text>&"<script>\u0000\u0001\uffff' })]);
    const svg = svgOf(excerpt("<&>", list.rows));
    expect(textsOf(svg)).toContain('</text>&"<script>\ufffd\ufffd\ufffd');
    expect(svg).not.toContain("<script");
  });

  test("needs nothing from elsewhere", () => {
    const svg = svgOf(conversation());
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(
      /https?:|url\(|<style|class=|var\(/,
    );
  });

  test("labels a peer with a name that only an event before the excerpt has", () => {
    const { list } = feedOf([
      event("mqtt#1", { fields: { client: "sensor" } }),
      event("mqtt#1", { text: "PINGREQ" }),
    ]);
    expect(textsOf(svgOf(excerpt("x", list.rows.slice(-1))))).toContain("sensor");
  });
});
