import { integer, timeSpan } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Excerpt } from "./excerpt.ts";
import { type RowWords, wordsOf } from "./export-rows.ts";

const words = texts({
  en: {
    lines: (count: number) => (count === 1 ? "1 line" : `${integer(count)} lines`),
  },
  id: {
    lines: (count) => `${integer(count)} baris`,
  },
});

/** Exports plain text: a heading, then one line per message in aligned columns. */
export function asText(excerpt: Excerpt): string {
  const { title, rows, span } = excerpt;
  const lines = rows.map((row) => cells(wordsOf(row, excerpt)));
  const widths = [0, 1, 2].map((column) => Math.max(0, ...lines.map((line) => line[column]?.length ?? 0)));
  const body = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const when = span === undefined ? [] : [`${timeSpan(span.from, span.to)}, ${words.lines(lines.length)}`];
  return [title, "=".repeat([...title].length), ...when, "", ...body, ""].join("\n");
}

function cells({ time, service, from, to, isConnection, message, note, isHighlighted }: RowWords): string[] {
  const way = from === "" ? "" : `${from} ${isConnection ? "--" : "->"} ${to}`;
  const remark = note === "" ? (isHighlighted ? "  <--" : "") : `  <-- ${note}`;
  return [time, service, way, message + remark];
}
