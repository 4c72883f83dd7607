import { timeSpan } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { Excerpt } from "./excerpt.ts";
import { type RowWords, wordsOf } from "./export-rows.ts";

const words = texts({
  en: {
    columns: { time: "Time", from: "From", to: "To", message: "Message", note: "Note" },
  },
  id: {
    columns: { time: "Waktu", from: "Dari", to: "Ke", message: "Pesan", note: "Catatan" },
  },
});

/** Exports a Markdown table. The column of notes is there only if there are any. */
export function asMarkdown(excerpt: Excerpt): string {
  const { title, rows, span } = excerpt;
  const lines = rows.map((row) => wordsOf(row, excerpt));
  const hasNotes = lines.some(({ note }) => note !== "");
  const { time, from, to, message, note } = words.columns;
  const titles = [time, from, to, message, ...(hasNotes ? [note] : [])];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const when = span === undefined ? "" : timeSpan(span.from, span.to);
  return [
    `**${escaped(title)}**, ${when}`.replace(/, $/, ""),
    "",
    line(titles),
    line(titles.map(() => "---")),
    ...lines.map((row) => line([...cells(row), ...(hasNotes ? [escaped(row.note)] : [])])),
    "",
  ].join("\n");
}

function cells({ time, from, to, message, isHighlighted }: RowWords): string[] {
  const shown = escaped(message);
  return [time, escaped(from), escaped(to), isHighlighted ? `**${shown}**` : shown];
}

/** What Markdown or a table would read as its own. */
function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&").replace(/[\r\n]+/g, " ");
}
