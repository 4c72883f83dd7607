import { timeSpan } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Excerpt } from "./excerpt.ts";
import { legend } from "./legend.ts";
import { headShapes, lifelines } from "./lifelines.ts";
import { footnotes, noteMarks } from "./note-shapes.ts";
import { attributesOf, ink, tones } from "./palette.ts";
import { type PaperPage, paper, paperPages } from "./paper.ts";
import { headHeight, rowShapes } from "./row-shapes.ts";
import type { Shape } from "./shapes.ts";
import { escapeXml, svgElement } from "./svg-text.ts";
import { fit } from "./text-width.ts";

const words = texts({
  en: {
    part: (page: number, count: number) => `(${page} of ${count})`,
  },
  id: {
    part: (page, count) => `(${page} dari ${count})`,
  },
});

/** A self-contained picture: no external fonts or style sheets, and always in light colours. */
export interface Picture {
  readonly svg: string;
  /** In pixels of 1/96 inch: the size on paper. */
  readonly width: number;
  readonly height: number;
}

const titleHeight = 52;
/** Of the legend below the last page, which has as many lines as it takes. */
const legendHeight = 62;

/** Pictures that fit an A4 page each. @param order all services as they are configured; determines colours */
export function asPictures(excerpt: Excerpt, order: readonly string[]): Picture[] {
  const notes = footnotes(excerpt);
  const room = paper.height - titleHeight - headHeight - legendHeight;
  const perPage = Math.max(8, Math.floor((room - notes.mostHeight) / paper.rowHeight));
  const pages = paperPages(excerpt, order, perPage);
  return pages.map((page, index) => picture(excerpt, order, page, index, pages.length));
}

function picture(
  excerpt: Excerpt,
  order: readonly string[],
  page: PaperPage,
  index: number,
  count: number,
): Picture {
  const { rows, layout } = page;
  const toneOf = (service: string) => Math.max(0, order.indexOf(service)) % tones.length;
  const first = rows[0]?.no ?? 0;
  const last = rows.at(-1)?.no ?? first - 1;
  const rowY = (row: number) => headHeight + (row - first) * paper.rowHeight;
  const notes = footnotes(excerpt);
  const shapes: Shape[] = [
    ...noteMarks(notes, rows, rowY, layout),
    ...lifelines(layout, first, last, rowY, toneOf),
    ...headShapes(layout, first, toneOf),
    ...rows.flatMap((row) => {
      const own = rowShapes(row, rowY(row.no), layout, toneOf);
      return notes.notes.get(row.no)?.isHighlighted ? own.map(onHighlight) : own;
    }),
  ];
  const body = titleHeight + rowY(last + 1) + 10;
  const below = notes.svg(rows, body);
  const services = [...new Set(layout.columns.map(({ service }) => service))];
  const hasSegments = excerpt.rows.some((row) => row.is === "event" && row.event.kind === "segment");
  const key =
    index === count - 1
      ? legend(services, toneOf, below.bottom, hasSegments)
      : { svg: "", bottom: below.bottom };
  const height = Math.ceil(key.bottom + paper.margin);
  const scale = paper.widthOnPaper / paper.width;
  const part = count === 1 ? "" : ` ${words.part(index + 1, count)}`;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${paper.widthOnPaper}" height="${Math.round(height * scale)}" ` +
      `viewBox="0 0 ${paper.width} ${height}" ` +
      `font-family="system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif">`,
    `<title>${escapeXml(excerpt.title + part)}</title>`,
    `<rect width="${paper.width}" height="${height}" fill="#fff"/>`,
    headingOf(excerpt, part),
    `<g transform="translate(${paper.margin} ${titleHeight})">`,
    ...shapes.map((shape) => svgElement(shape, attributesOf(shape.look, shape.tone))),
    "</g>",
    below.svg,
    key.svg,
    "</svg>",
    "",
  ].join("\n");
  return { svg, width: paper.widthOnPaper, height: Math.round(height * scale) };
}

/** What hides the lines behind a label has the colour of the row. */
const onHighlight = (shape: Shape): Shape => (shape.look === "halo" ? { ...shape, look: "row-mark" } : shape);

function headingOf({ title, span }: Excerpt, part: string): string {
  const when = span === undefined ? "" : timeSpan(span.from, span.to);
  const heading = fit(title, 18, paper.width - 2 * paper.margin - 80) + part;
  return [
    `<text x="${paper.margin}" y="24" font-size="18" font-weight="650" fill="${ink.text}">${escapeXml(heading)}</text>`,
    `<text x="${paper.margin}" y="42" font-size="12" fill="${ink.soft}">${when}</text>`,
  ].join("\n");
}
