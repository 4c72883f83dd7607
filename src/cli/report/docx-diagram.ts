import {
  AlignmentType,
  BorderStyle,
  type IBorderOptions,
  Paragraph,
  Table,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  WidthType,
} from "docx";
import type { Arrow, ArrowKind, Diagram } from "../../report/diagram.ts";
import { sinceStart } from "../../report/explain/quantities.ts";

// A sequence diagram of table cells: every word processor shows it, older ones than those that know SVG, too, and the
// student can change it. Each lane has two columns, and its lifeline is the border between them.

const colours: Readonly<Record<ArrowKind, string>> = {
  message: "1D4ED8",
  connection: "64748B",
  trouble: "B91C1C",
};
const none: IBorderOptions = { style: BorderStyle.NONE, size: 0, color: "auto" };
const lifeline: IBorderOptions = { style: BorderStyle.SINGLE, size: 6, color: "94A3B8" };
const noBorders = { top: none, bottom: none, left: none, right: none };

/** Of the column with the packets, in twentieths of a point. */
const packetWidth = 1500;

export function diagramTable(diagram: Diagram, pageWidth: number): Table {
  const lanes = Math.max(1, diagram.lanes.length);
  const half = Math.floor((pageWidth - packetWidth) / (2 * lanes));
  return new Table({
    layout: TableLayoutType.FIXED,
    width: { size: packetWidth + 2 * lanes * half, type: WidthType.DXA },
    columnWidths: [packetWidth, ...Array.from({ length: 2 * lanes }, () => half)],
    borders: { ...noBorders, insideHorizontal: none, insideVertical: none },
    rows: [headerRow(diagram.lanes, half), ...diagram.arrows.map((arrow) => arrowRow(arrow, lanes, half))],
  });
}

function headerRow(lanes: readonly string[], half: number): TableRow {
  return new TableRow({
    tableHeader: true,
    children: [
      cell("", { width: packetWidth }),
      ...lanes.map(
        (name) =>
          new TableCell({
            columnSpan: 2,
            width: { size: 2 * half, type: WidthType.DXA },
            shading: { fill: "F1F5F9" },
            borders: { top: lifeline, bottom: lifeline, left: lifeline, right: lifeline },
            children: [
              new Paragraph({
                alignment: AlignmentType.CENTER,
                children: [new TextRun({ text: name, bold: true, size: 16 })],
              }),
            ],
          }),
      ),
    ],
  });
}

function arrowRow(arrow: Arrow, lanes: number, half: number): TableRow {
  const low = Math.min(arrow.from, arrow.to);
  const high = Math.max(arrow.from, arrow.to);
  const from = 2 * low + 1;
  // A host that talks to itself from one port has one lane.
  const to = high === low ? from : 2 * high;
  const halves = (start: number, end: number) =>
    Array.from({ length: Math.max(0, end - start) }, (_, index) => halfCell(start + index, half));
  return new TableRow({
    cantSplit: true,
    children: [
      cell(`${arrow.packet} · ${sinceStart(arrow.time)}`, { width: packetWidth }),
      ...halves(0, from),
      arrowCell(arrow, to - from + 1, half),
      ...halves(to + 1, 2 * lanes),
    ],
  });
}

const halfCell = (index: number, width: number): TableCell =>
  cell("", {
    width,
    borders: { ...noBorders, [index % 2 === 0 ? "right" : "left"]: lifeline },
  });

function arrowCell({ label, kind, from, to }: Arrow, span: number, half: number): TableCell {
  const color = colours[kind];
  const isRight = to >= from;
  const style = kind === "connection" ? BorderStyle.DASHED : BorderStyle.SINGLE;
  return new TableCell({
    columnSpan: span,
    width: { size: span * half, type: WidthType.DXA },
    borders: { top: none, bottom: { style, size: 10, color }, left: lifeline, right: lifeline },
    children: [
      new Paragraph({
        alignment: isRight ? AlignmentType.RIGHT : AlignmentType.LEFT,
        spacing: { before: 60, after: 0 },
        children: [new TextRun({ text: isRight ? `${label} ▶` : `◀ ${label}`, color, size: 16 })],
      }),
    ],
  });
}

function cell(
  text: string,
  { width, borders = noBorders }: { readonly width: number; readonly borders?: typeof noBorders },
): TableCell {
  return new TableCell({
    width: { size: width, type: WidthType.DXA },
    borders,
    children: [
      new Paragraph({
        spacing: { before: 60, after: 0 },
        children: [new TextRun({ text, size: 14, color: "475569" })],
      }),
    ],
  });
}
