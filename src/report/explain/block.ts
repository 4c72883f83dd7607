/** A piece of the report, whatever it is written as: text, Markdown or HTML. */
export type Block =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3; readonly text: string }
  | { readonly kind: "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | Table;

export interface Table {
  readonly kind: "table";
  readonly columns: readonly { readonly title: string; readonly align?: "left" | "right" }[];
  readonly rows: readonly (readonly string[])[];
}

export const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: "heading", level, text });
export const paragraph = (text: string): Block => ({ kind: "paragraph", text });
export const list = (items: readonly string[]): Block => ({ kind: "list", items });

/** A column that is empty in all rows says nothing. */
export function withoutEmptyColumns(table: Table): Table {
  const { columns, rows } = table;
  if (rows.length === 0) return table;
  const used = columns.map((_, index) => index).filter((index) => rows.some((row) => row[index] !== ""));
  return {
    kind: "table",
    columns: used.map((index) => columns[index]!),
    rows: rows.map((row) => used.map((index) => row[index]!)),
  };
}
