import type { Arrow, ArrowKind, Diagram } from "./diagram.ts";
import { sinceStart } from "./explain/quantities.ts";
import { escapeHtml } from "./explain/render.ts";

// The sequence diagram as a picture, with nothing loaded from elsewhere.

const left = 116;
const laneHeader = 40;
const laneWidth = 144;
const rowHeight = 34;
const minLane = 150;
const lineHeight = 14;
/** Of an average character of the label's font. */
const characterWidth = 6.3;

const colours: Readonly<Record<ArrowKind, string>> = {
  message: "#1d4ed8",
  connection: "#64748b",
  trouble: "#b91c1c",
};
const marker = (kind: ArrowKind) => `arrow-${kind}`;

/** @param note a line below it, or empty */
export function sequenceSvg(diagram: Diagram, title: string, note: string): string {
  const { lanes } = diagram;
  const gap = laneGap(diagram);
  const arrows = diagram.arrows.map((arrow) => placed(arrow, gap));
  const width = Math.ceil(edges + gap * Math.max(1, lanes.length - 1));
  const bottom = laneHeader + 10 + arrows.reduce((sum, arrow) => sum + heightOf(arrow), 0) + 12;
  const height = bottom + (note === "" ? 8 : 28);
  const at = (lane: number) => left + 90 + lane * gap;
  let y = laneHeader + 10;
  const rows = arrows.map((arrow) => {
    y += heightOf(arrow);
    return arrowSvg(arrow, at(arrow.from), at(arrow.to), y - 6);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="12">
<title>${escapeHtml(title)}</title>
<defs>${(Object.keys(colours) as ArrowKind[]).map(arrowHead).join("")}</defs>
<rect width="100%" height="100%" fill="#ffffff"/>
${lanes.map((name, lane) => laneSvg(name, at(lane), bottom)).join("\n")}
${rows.join("\n")}
${note === "" ? "" : `<text x="8" y="${height - 10}" fill="#475569" font-style="italic">${escapeHtml(note)}</text>\n`}</svg>
`;
}

/** Of the whole picture at most, so that its text can still be read when it is fitted to a page. */
const maxWidth = 940;
const edges = left + 2 * 90;

/** Wide enough for the longest label, as far as the page goes; then labels take several lines. */
function laneGap({ lanes, arrows }: Diagram): number {
  const longest = Math.max(0, ...arrows.map(({ label }) => label.length));
  const room = (maxWidth - edges) / Math.max(1, lanes.length - 1);
  return Math.max(minLane, Math.min(room, longest * characterWidth + 40));
}

interface PlacedArrow extends Arrow {
  readonly lines: readonly string[];
}

const placed = (arrow: Arrow, gap: number): PlacedArrow => ({
  ...arrow,
  lines: linesOf(arrow.label, (Math.max(1, Math.abs(arrow.to - arrow.from)) * gap - 24) / characterWidth),
});

const heightOf = ({ lines }: PlacedArrow): number => rowHeight + (lines.length - 1) * lineHeight;

/** Broken at blanks where there are some. */
function linesOf(label: string, longest: number): string[] {
  const lines: string[] = [];
  let rest = [...label];
  while (rest.length > longest) {
    const blank = rest.slice(0, Math.floor(longest)).lastIndexOf(" ");
    const end = blank > longest / 2 ? blank : Math.floor(longest);
    lines.push(rest.slice(0, end).join(""));
    rest = [...rest.slice(end).join("").trimStart()];
  }
  return [...lines, rest.join("")];
}

const arrowHead = (kind: ArrowKind): string =>
  `<marker id="${marker(kind)}" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 10 5 0 10z" fill="${colours[kind]}"/></marker>`;

function laneSvg(name: string, x: number, bottom: number): string {
  return `<line x1="${x}" y1="${laneHeader - 8}" x2="${x}" y2="${bottom}" stroke="#cbd5e1"/>
<rect x="${x - laneWidth / 2}" y="6" width="${laneWidth}" height="26" rx="5" fill="#f1f5f9" stroke="#94a3b8"/>
<text x="${x}" y="23" text-anchor="middle" font-weight="600" fill="#0f172a"${fitting(name, laneWidth - 12)}>${escapeHtml(name)}</text>`;
}

function arrowSvg(
  { packet, time, lines, kind, from, to }: PlacedArrow,
  x1: number,
  x2: number,
  y: number,
): string {
  const colour = colours[kind];
  const dash = kind === "connection" ? ' stroke-dasharray="5 3"' : "";
  // A host that talks to itself from one port has one lane.
  const end = from === to ? x1 + 40 : x2;
  const texts = lines.map(
    (line, index) =>
      `<text x="${(x1 + end) / 2}" y="${y - 6 - (lines.length - 1 - index) * lineHeight}" text-anchor="middle" fill="${colour}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${escapeHtml(line)}</text>`,
  );
  return `<text x="8" y="${y + 4}" fill="#475569" font-size="11">${packet} · ${sinceStart(time)} s</text>
<line x1="${x1}" y1="${y}" x2="${end}" y2="${y}" stroke="${colour}" stroke-width="1.5"${dash} marker-end="url(#${marker(kind)})"/>
${texts.join("\n")}`;
}

/** Text that may be wider than its place is squeezed into it. */
const fitting = (text: string, width: number): string =>
  text.length * characterWidth * 1.15 > width
    ? ` textLength="${Math.max(20, Math.round(width))}" lengthAdjust="spacingAndGlyphs"`
    : "";
