import { type Figures, isMet, type Row, type Spread } from "./case.ts";

const heads = ["row", "ours", "peer", "ratio (min–max)", "server µs each", "goal", "met"];

/** The rows as a table for a terminal. */
export function table(rows: readonly Row[]): string {
  const lines = [heads, ...rows.map(cellsOf)];
  const widths = heads.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const print = (cells: readonly string[]) =>
    cells.map((cell, column) => (column < heads.length - 1 ? cell.padEnd(widths[column]!) : cell)).join("  ");
  return `${lines.map((cells) => print(cells).trimEnd()).join("\n")}\n${notes(rows)}`;
}

function cellsOf(row: Row): string[] {
  const name = `${row.group}: ${row.title}`;
  switch (row.kind) {
    case "ratio": {
      const goal = row.goal === undefined ? "" : `≥ ${row.goal} ×`;
      const peer = `${row.peer} ${thousands(row.theirs.perSecond)}`;
      return [
        name,
        `${thousands(row.ours.perSecond)} ${row.unit}`,
        peer,
        ratios(row.ratio),
        cpu(row),
        goal,
        verdict(row),
      ];
    }
    case "limit": {
      const { median, min, max } = row.ours;
      const range = min === max ? "" : ` (${min.toFixed(0)}–${max.toFixed(0)})`;
      const own = `${median.toFixed(0)} ${row.unit}${range}`;
      return [name, own, "", "", "", `< ${row.below} ${row.unit}`, verdict(row)];
    }
    case "skipped":
    case "failed":
      return [name, row.kind, row.peer ?? "", "", "", "", row.kind === "failed" ? "FAILED" : ""];
  }
}

const verdict = (row: Row) => ({ true: "yes", false: "NO", undefined: "" })[`${isMet(row)}`];

/** Processor time of the servers, which says more than speed where the load generator is what is busy. */
const cpu = ({ ours, theirs }: { ours: Figures; theirs: Figures }) =>
  [ours, theirs].map((figures) => (figures.cpu === 0 ? "?" : figures.cpu.toFixed(2))).join(" : ");

const ratios = ({ median, min, max }: Spread) => {
  const digits = median >= 10 ? 1 : 2;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
};

const thousands = (value: number) => Math.round(value).toLocaleString("en-US");

/** Why rows are missing; the same reason once. */
function notes(rows: readonly Row[]): string {
  const reasons = rows.flatMap((row) =>
    row.kind === "skipped" || row.kind === "failed" ? [`${row.kind}: ${row.reason}`] : [],
  );
  const lost = rows.flatMap((row) => {
    if (row.kind !== "ratio" || row.ours.lost + row.theirs.lost === 0) return [];
    const { group, title, ours, theirs, peer } = row;
    return [
      `${group}: ${title}: dropped at QoS 0 by distsrv ${thousands(ours.lost)}, by ${peer} ${thousands(theirs.lost)}`,
    ];
  });
  return [...new Set([...reasons, ...lost])].map((line) => `${line}\n`).join("");
}

/** One object a row, with what the table leaves out: latencies, processor time, losses. */
export function json(rows: readonly Row[]): string {
  return `${JSON.stringify(
    rows.map((row) => ({ ...row, met: isMet(row) })),
    undefined,
    2,
  )}\n`;
}
