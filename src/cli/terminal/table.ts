import type { CliIo, Sink } from "./io.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** The least width, for rows that are printed one by one before all cells are known. */
  readonly width?: number;
}

const gap = "  ";
/** Columns of a terminal that a column keeps when its table is cut to fit. */
const minWidth = 8;

/**
 * How wide a table may be: as COLUMNS says, or the terminal. A pipe has no width, and nothing is cut for it.
 */
export function tableWidth(sink: Sink, env: CliIo["env"]): number {
  const columns = Number(env.COLUMNS);
  if (Number.isInteger(columns) && columns > 0) return columns;
  return sink.isTerminal ? sink.columns : Number.POSITIVE_INFINITY;
}

/** Aligned columns under a line of titles, no wider than `limit`. Cells may carry colours and wide characters. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  limit = Number.POSITIVE_INFINITY,
): string {
  const widened = columns.map((column, index) => {
    const cells = rows.map((row) => Bun.stringWidth(row[index] ?? ""));
    return { ...column, width: Math.max(column.width ?? 0, ...cells) };
  });
  const row = rowFormat(widened, limit);
  return [row(columns.map(({ title }) => title)), ...rows.map(row)].join("\n");
}

/** Formats single rows of a table whose widths are known beforehand; the last column may be open, without a width. */
export function rowFormat(
  columns: readonly Column[],
  limit = Number.POSITIVE_INFINITY,
): (cells: readonly string[]) => string {
  const isOpen = columns.at(-1)?.width === undefined;
  const widths = fitted(
    columns.map(({ title, width = 0 }) => Math.max(width, Bun.stringWidth(title))),
    limit,
    isOpen,
  );
  return (cells) => {
    const row = columns.map(({ align = "left" }, index) => {
      const isLast = index === columns.length - 1;
      const width = isLast && isOpen ? Number.POSITIVE_INFINITY : (widths[index] ?? 0);
      return pad(cut(cells[index] ?? "", width), Math.min(width, widths[index] ?? 0), align);
    });
    return cut(row.join(gap).trimEnd(), limit);
  };
}

/** Takes from the widest column what is too much, again and again. */
function fitted(natural: readonly number[], limit: number, isOpen: boolean): number[] {
  const widths = [...natural];
  const gaps = gap.length * (widths.length - 1);
  const open = isOpen ? Math.max(0, 2 * minWidth - (widths.at(-1) ?? 0)) : 0;
  for (;;) {
    const total = widths.reduce((sum, width) => sum + width, gaps + open);
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (total <= limit || width <= minWidth) return widths;
    widths[widest] = Math.max(minWidth, width - (total - limit), secondOf(widths));
    if (widths[widest] === width) widths[widest] = width - 1; // two columns are as wide
  }
}

const secondOf = (widths: readonly number[]): number => widths.toSorted((a, b) => b - a)[1] ?? 0;

const sequence = /(\u001b\[[0-9;]*m)/;
const graphemes = new Intl.Segmenter();

/** The text in at most `width` columns, with … where something is left out; its colours end as they would have. */
function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let left = width - 1;
  let isCut = false;
  const kept = text.split(sequence).map((part, index) => {
    if (index % 2 === 1) return part; // a colour
    let shown = "";
    for (const { segment } of graphemes.segment(part)) {
      left -= isCut ? 0 : Bun.stringWidth(segment);
      if (isCut || left < 0) {
        shown += isCut ? "" : "…";
        isCut = true;
        break;
      }
      shown += segment;
    }
    return shown;
  });
  return kept.join("");
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const padding = " ".repeat(Math.max(0, width - Bun.stringWidth(cell)));
  return align === "left" ? cell + padding : padding + cell;
}
