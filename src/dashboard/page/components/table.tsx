import type { ComponentChildren } from "preact";
import { nextSort, type SortedColumn } from "./sort-order.ts";

export interface TableColumn<T> extends SortedColumn {
  readonly title: string;
  readonly cell: (row: T) => ComponentChildren;
  readonly isNumber?: boolean;
}

interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string;
  readonly columns: readonly TableColumn<T>[];
  /** The column that the rows are sorted by; with "-" before it, the largest come first. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
}

/** A table that scrolls sideways when it is wider than the screen. */
export function Table<T>({ label, rows, keyOf, columns, sort, onSort }: TableProps<T>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="table" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.title} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, isNumber }) => (
                <td key={title} class={isNumber ? "number" : ""}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface HeadingProps<T> {
  readonly column: TableColumn<T>;
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
}

function Heading<T>({ column, sort, onSort }: HeadingProps<T>) {
  const { title, isNumber, sort: name } = column;
  const place = isNumber ? "number" : "";
  if (name === undefined || onSort === undefined)
    return (
      <th scope="col" class={place}>
        {title}
      </th>
    );
  const order = sort === name ? "ascending" : sort === `-${name}` ? "descending" : undefined;
  return (
    <th scope="col" class={place} aria-sort={order ?? "none"}>
      <button type="button" class="sort" onClick={() => onSort(nextSort(column, sort))}>
        {title}
        <span class="sort-mark" aria-hidden="true">
          {order === "ascending" ? "↑" : order === "descending" ? "↓" : ""}
        </span>
      </button>
    </th>
  );
}
