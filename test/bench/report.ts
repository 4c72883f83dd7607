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
      const { figure, unit, better, ours, theirs, peer, ratio } = row;
      const own = `${amount(ours[figure])} ${unit}${better === "less" ? " ↓" : ""}`;
      const goal = row.goal === undefined ? "" : `${better === "less" ? "≤" : "≥"} ${row.goal} ×`;
      return [name, own, `${peer} ${amount(theirs[figure])}`, ratios(ratio), cpu(row), goal, verdict(row)];
    }
    case "limit": {
      const { median, min, max } = row.ours;
      const range = min === max ? "" : ` (${amount(min)}–${amount(max)})`;
      const own = `${amount(median)} ${row.unit}${range}`;
      return [name, own, "", "", "", `< ${row.below} ${row.unit}`, verdict(row)];
    }
    case "skipped":
    case "failed":
      return [name, row.kind, row.peer ?? "", "", "", "", row.kind === "failed" ? "FAILED" : ""];
  }
}

const verdict = (row: Row) => ({ true: "yes", false: "NO", undefined: "" })[`${isMet(row)}`];

/** Processor time of the servers, which matters more than speed where the load generator is the bottleneck. */
const cpu = ({ ours, theirs }: { ours: Figures; theirs: Figures }) =>
  [ours, theirs].map((figures) => (figures.cpu === 0 ? "?" : figures.cpu.toFixed(2))).join(" : ");

const ratios = ({ median, min, max }: Spread) => {
  const digits = median >= 10 ? 1 : 2;
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
};

/** A figure with three digits at least. */
function amount(value = Number.NaN): string {
  return Math.abs(value) >= 100 ? thousands(value) : String(Number(value.toPrecision(3)));
}

const thousands = (value: number) => Math.round(value).toLocaleString("en-US");

/** Why rows are missing, what was lost, and how to read the table; each thing once. */
function notes(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) => (row.kind === "ratio" ? flaws(row) : []));
  const reasons = rows.flatMap((row) =>
    row.kind === "skipped" || row.kind === "failed" ? [`${row.kind}: ${row.reason}`] : [],
  );
  const isLess = rows.some((row) => row.kind === "ratio" && row.better === "less");
  const legend = isLess
    ? ["↓ less is better: a ratio below 1 means that distsrv takes less than the peer"]
    : [];
  return [...new Set([...reasons, ...lines, ...legend])].map((line) => `${line}\n`).join("");
}

/** Losses that the ratio does not show. */
function flaws({ group, work, ours, theirs, peer }: Row & { kind: "ratio" }): string[] {
  const losses = (who: string, what: string, count = 0) =>
    count === 0 ? [] : [`${group}: ${work}: ${who} ${what} ${thousands(count)} messages`];
  const of = (who: string, figures: Figures) => [
    ...losses(who, "dropped at QoS 0", figures.lost),
    ...losses(who, "delivered out of order", figures.disordered),
  ];
  return [...of("distsrv", ours), ...of(peer, theirs)];
}

/** One object a row, with what the table leaves out: latencies, processor time, losses. */
export function json(rows: readonly Row[]): string {
  return `${JSON.stringify(
    rows.map((row) => ({ ...row, met: isMet(row) })),
    undefined,
    2,
  )}\n`;
}
