export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** The least width, for rows that are printed one by one before all cells are known. */
  readonly width?: number;
}

const gap = "  ";

/** Aligned columns under a line of titles. Cells may carry colours and wide characters. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widened = columns.map((column, index) => {
    const cells = rows.map((row) => Bun.stringWidth(row[index] ?? ""));
    return { ...column, width: Math.max(column.width ?? 0, ...cells) };
  });
  const row = rowFormat(widened);
  return [row(columns.map(({ title }) => title)), ...rows.map(row)].join("\n");
}

/** Formats single rows of a table whose widths are known beforehand. */
export function rowFormat(columns: readonly Column[]): (cells: readonly string[]) => string {
  return (cells) =>
    columns
      .map(({ title, width = 0, align = "left" }, index) =>
        pad(cells[index] ?? "", Math.max(width, Bun.stringWidth(title)), align),
      )
      .join(gap)
      .trimEnd();
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const padding = " ".repeat(Math.max(0, width - Bun.stringWidth(cell)));
  return align === "left" ? cell + padding : padding + cell;
}
