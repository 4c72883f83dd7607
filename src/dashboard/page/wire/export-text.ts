import { clock, dateTime } from "../text/format.ts";
import type { Excerpt } from "./excerpt.ts";
import { connectionLabel, messageLabel } from "./labels.ts";
import type { Row } from "./rows.ts";

/** Exports plain text: a heading, then one line per message in aligned columns. */
export function asText({ title, list, span }: Excerpt): string {
  const lines = list.rows.map(cells);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...lines.map((line) => line[column]?.length ?? 0)));
  const body = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const when =
    span === undefined
      ? []
      : [`${dateTime(span.from)} to ${dateTime(span.to).slice(11)}, ${lines.length} lines`];
  return [title, "=".repeat([...title].length), ...when, "", ...body, ""].join("\n");
}

function cells(row: Row): string[] {
  if (row.is === "gap") return ["", "", "", `... ${row.count} of ${row.service} left out by sampling`];
  const { event, peer } = row;
  const [left, right] = [peer.label, event.service];
  const start = [clock(event.time), event.service];
  if (event.kind === "open" || event.kind === "close")
    return [...start, `${left} -- ${right}`, connectionLabel(event)];
  const way = event.direction === "out" ? `${right} -> ${left}` : `${left} -> ${right}`;
  return [...start, way, messageLabel(event)];
}
