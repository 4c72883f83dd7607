import type { Excerpt } from "./excerpt.ts";
import type { Layout } from "./layout.ts";
import type { Note } from "./notes.ts";
import { ink } from "./palette.ts";
import { paper } from "./paper.ts";
import type { Row } from "./rows.ts";
import { type Shape, sizes } from "./shapes.ts";
import { escapeXml } from "./svg-text.ts";
import { fit, textWidth, wrap } from "./text-width.ts";

/** On the page a note is a slip at the right end of its row. */
export function noteSlip({ text }: Note, layout: Layout): Shape[] {
  const { row, visible } = layout;
  if (text === "" || !row.hasWords) return [];
  const right = Math.min(layout.width, visible.to) - 10;
  const shown = fit(text, sizes.soft, Math.max(90, (visible.to - visible.from) * 0.36));
  const w = textWidth(shown, sizes.soft) + 18;
  const h = Math.min(22, row.height - 6);
  const y = (row.height - h) / 2;
  return [
    { is: "box", look: "note-box", x: right - w, y, w, h, r: 4 },
    { is: "text", look: "note-text", x: right - w / 2, y: y + h / 2 + 4, text: shown, anchor: "middle" },
  ];
}

/** The notes of an excerpt, numbered from 1, by the numbers of their rows. */
export interface Footnotes {
  readonly notes: ReadonlyMap<number, Note>;
  readonly numbers: ReadonlyMap<number, number>;
  /** No page has a higher list of them. */
  readonly mostHeight: number;
  /** Those of some rows, as a list below the diagram. @param y its upper edge */
  svg(rows: readonly Row[], y: number): { readonly svg: string; readonly bottom: number };
}

const lineHeight = 16;
const textSize = 12;
const indent = 24;

/** On paper a note has a number, and its words stand below. */
export function footnotes({ notes, rows }: Excerpt): Footnotes {
  const noted = rows.filter(({ no }) => (notes.get(no)?.text ?? "") !== "");
  const numbers = new Map(noted.map(({ no }, index) => [no, index + 1]));
  const linesOf = (no: number) =>
    wrap(notes.get(no)?.text ?? "", textSize, paper.width - 2 * paper.margin - indent);
  const all = noted.reduce((sum, { no }) => sum + linesOf(no).length, 0) * lineHeight;
  return {
    notes,
    numbers,
    mostHeight: Math.min(all, paper.height / 3),
    svg(shown, y) {
      const parts: string[] = [];
      let line = y;
      for (const { no } of shown) {
        const number = numbers.get(no);
        if (number === undefined) continue;
        parts.push(textAt(paper.margin, line + lineHeight, `${number}`, ink.note));
        for (const text of linesOf(no)) {
          line += lineHeight;
          parts.push(textAt(paper.margin + indent, line, text, ink.text));
        }
      }
      return { svg: parts.join("\n"), bottom: parts.length === 0 ? y : line + 12 };
    },
  };
}

const textAt = (x: number, y: number, text: string, colour: string): string =>
  `<text x="${x}" y="${y}" font-size="${textSize}" fill="${colour}">${escapeXml(text)}</text>`;

/** Highlighted rows, and the numbers of the notes. */
export function noteMarks(
  { notes, numbers }: Footnotes,
  rows: readonly Row[],
  y: (row: number) => number,
  { width, row: size }: Layout,
): Shape[] {
  return rows.flatMap(({ no }): Shape[] => {
    const note = notes.get(no);
    if (note === undefined) return [];
    const number = numbers.get(no);
    const band = {
      is: "box",
      look: "row-mark",
      x: 0,
      y: y(no) + 1,
      w: width,
      h: size.height - 1,
      r: 4,
    } as const;
    const sign = {
      is: "text",
      look: "note-number",
      x: width - 4,
      y: y(no) + size.arrow + 4,
      anchor: "end",
    } as const;
    return [
      ...(note.isHighlighted ? [band] : []),
      ...(number === undefined ? [] : [{ ...sign, text: String(number) }]),
    ];
  });
}
