import {
  AlignmentType,
  BorderStyle,
  Document,
  type FileChild,
  Footer,
  HeadingLevel,
  Packer,
  PageNumber,
  Paragraph,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  WidthType,
} from "docx";
import type { Block } from "../../report/explain/block.ts";
import type { LabReport, ReportPart } from "../../report/part.ts";
import { printable } from "../../report/printable.ts";
import { type Span, spansOf } from "../../report/terminal-text.ts";
import type { ReportWords } from "../../report/words.ts";
import { diagramTable } from "./docx-diagram.ts";

// Lengths in twentieths of a point, as the format has them: A4 with margins of 18 mm.
const page = { width: 11_906, height: 16_838, margin: 1_020 };
const contentWidth = page.width - 2 * page.margin;
const line = { style: BorderStyle.SINGLE, size: 4, color: "CBD5E1" };
const allLines = { top: line, bottom: line, left: line, right: line };
const monospace = "DejaVu Sans Mono";
const headings = [HeadingLevel.HEADING_1, HeadingLevel.HEADING_2, HeadingLevel.HEADING_3] as const;

/** The bytes of a document of Word, LibreOffice and others. */
export async function asDocx({ title, language, parts }: LabReport, words: ReportWords): Promise<Uint8Array> {
  const document = new Document({
    title: printable(title),
    creator: "distcli",
    styles: { default: { document: { run: { font: "Calibri", size: 22, language: { value: language } } } } },
    sections: [
      {
        properties: {
          page: {
            size: { width: page.width, height: page.height },
            margin: { top: page.margin, bottom: page.margin, left: page.margin, right: page.margin },
          },
        },
        footers: { default: pageNumbers() },
        children: parts.flatMap((part) => partOf(part, words)),
      },
    ],
  });
  return new Uint8Array(await Packer.toArrayBuffer(document));
}

const pageNumbers = () =>
  new Footer({
    children: [
      new Paragraph({
        alignment: AlignmentType.CENTER,
        children: [new TextRun({ children: [PageNumber.CURRENT, " / ", PageNumber.TOTAL_PAGES], size: 18 })],
      }),
    ],
  });

function partOf(part: ReportPart, words: ReportWords): FileChild[] {
  switch (part.kind) {
    case "cover":
      return cover(part.title, part.rows);
    case "diagram": {
      const { diagram, caption } = part;
      const note = diagram.omitted === 0 ? "" : ` ${words.omittedArrows(diagram.omitted)}.`;
      return [diagramTable(diagram, contentWidth), small(`${caption}${note}`)];
    }
    case "terminal":
      return [terminal(part.text), gap()];
    case "blank":
      return [blank(part.hint), gap()];
    default:
      return blockOf(part);
  }
}

function cover(title: string, rows: readonly (readonly [string, string])[]): FileChild[] {
  return [
    new Paragraph({
      heading: HeadingLevel.TITLE,
      children: [new TextRun({ text: printable(title), bold: true })],
    }),
    ...rows.map(
      ([name, value]) =>
        new Paragraph({
          tabStops: [{ type: "left", position: 2600 }],
          children: [
            new TextRun({ text: `${printable(name)}\t`, color: "475569" }),
            new TextRun({ text: value === "" ? "…………………………" : printable(value), bold: value !== "" }),
          ],
        }),
    ),
    gap(),
  ];
}

function blockOf(block: Block): FileChild[] {
  switch (block.kind) {
    case "heading":
      return [
        new Paragraph({
          heading: headings[block.level - 1]!,
          keepNext: true,
          spacing: { before: 240, after: 80 },
          children: [new TextRun({ text: printable(block.text), color: "1E3A8A" })],
        }),
      ];
    case "paragraph":
      return [new Paragraph({ text: printable(block.text), spacing: { after: 120 } })];
    case "list":
      return block.items.map(
        (item) => new Paragraph({ text: printable(item), bullet: { level: 0 }, spacing: { after: 60 } }),
      );
    case "table":
      return [table(block), gap()];
  }
}

/** More of them need smaller letters. */
const manyColumns = 6;

type TableBlock = Block & { kind: "table" };

function table({ columns, rows }: TableBlock): Table {
  const widths = columnWidths(
    columns.map(({ title }) => title),
    rows,
  );
  const rowOf = (cells: readonly string[], isHeader: boolean) =>
    new TableRow({
      tableHeader: isHeader,
      cantSplit: true,
      children: cells.map(
        (text, index) =>
          new TableCell({
            width: { size: widths[index]!, type: WidthType.DXA },
            borders: allLines,
            margins: { left: 40, right: 40 },
            ...(isHeader && { shading: { fill: "F1F5F9" } }),
            children: [
              new Paragraph({
                alignment: columns[index]?.align === "right" ? AlignmentType.RIGHT : AlignmentType.LEFT,
                children: [
                  new TextRun({
                    text: printable(text),
                    bold: isHeader,
                    size: columns.length > manyColumns ? 13 : 16,
                  }),
                ],
              }),
            ],
          }),
      ),
    });
  return new Table({
    layout: TableLayoutType.FIXED,
    width: { size: contentWidth, type: WidthType.DXA },
    columnWidths: widths,
    rows: [
      rowOf(
        columns.map(({ title }) => title),
        true,
      ),
      ...rows.map((row) => rowOf(row, false)),
    ],
  });
}

/** Of an average character in a table, and of what stands beside a cell's text, in twentieths of a point. */
const characterWidth = 92;
const cellPadding = 130;

/** By the longest text of each, so that the narrow ones leave their room to the others. */
function columnWidths(titles: readonly string[], rows: readonly (readonly string[])[]): number[] {
  const wanted = titles.map((title, index) => {
    const longest = Math.max(title.length, ...rows.map((row) => (row[index] ?? "").length));
    return Math.min(60, longest) * characterWidth + cellPadding;
  });
  const sum = wanted.reduce((all, width) => all + width, 0);
  return wanted.map((width) => Math.floor((width / sum) * contentWidth));
}

const terminalColours = { green: "4ADE80", red: "F87171", yellow: "FACC15" } as const;

function terminal(text: string): Table {
  const lines = text
    .split("\n")
    .map((content) => new Paragraph({ spacing: { after: 0 }, children: spansOf(content).map(terminalRun) }));
  return box(lines, { shading: { fill: "0F172A" } });
}

const terminalRun = ({ text, colour, isBold, isFaint }: Span): TextRun =>
  new TextRun({
    text: printable(text),
    font: monospace,
    size: 16,
    bold: isBold,
    color: colour === undefined ? (isFaint ? "94A3B8" : "E2E8F0") : terminalColours[colour],
  });

const blank = (hint: string): Table =>
  box(
    [
      new Paragraph({
        spacing: { after: 1600 },
        children: [new TextRun({ text: hint, italics: true, color: "94A3B8" })],
      }),
    ],
    {},
  );

const box = (children: Paragraph[], options: { readonly shading?: { readonly fill: string } }): Table =>
  new Table({
    width: { size: contentWidth, type: WidthType.DXA },
    columnWidths: [contentWidth],
    rows: [
      new TableRow({
        children: [
          new TableCell({
            width: { size: contentWidth, type: WidthType.DXA },
            borders: allLines,
            margins: { left: 120, right: 120, top: 80, bottom: 80 },
            ...options,
            children,
          }),
        ],
      }),
    ],
  });

const small = (text: string): Paragraph =>
  new Paragraph({
    spacing: { before: 60, after: 160 },
    children: [new TextRun({ text: printable(text), size: 18, color: "475569" })],
  });

/** Two tables without anything between them would become one. */
const gap = (): Paragraph => new Paragraph({ spacing: { after: 60 } });
