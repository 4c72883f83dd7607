import { escapeHtml, htmlOf } from "./explain/render.ts";
import type { LabReport, ReportPart } from "./part.ts";
import { printable } from "./printable.ts";
import { sequenceSvg } from "./sequence-svg.ts";
import { type Span, spansOf } from "./terminal-text.ts";
import type { ReportWords } from "./words.ts";

/** One page that loads nothing and prints on A4. */
export function asReportHtml({ title, language, parts }: LabReport, words: ReportWords): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(printable(title))}</title>
<style>${stylesheet}</style>
</head>
<body>
<main>
${parts.map((part) => partHtml(part, words)).join("\n")}
</main>
</body>
</html>
`;
}

function partHtml(part: ReportPart, words: ReportWords): string {
  switch (part.kind) {
    case "cover": {
      const rows = part.rows.map(
        ([name, value]) => `<dt>${text(name)}</dt><dd>${value === "" ? "&nbsp;" : text(value)}</dd>`,
      );
      return `<header><h1>${text(part.title)}</h1>\n<dl>${rows.join("\n")}</dl></header>`;
    }
    case "diagram": {
      const { diagram, caption } = part;
      const note = diagram.omitted === 0 ? "" : words.omittedArrows(diagram.omitted);
      return `<figure>${withOwnMarkers(sequenceSvg(diagram, caption, note))}<figcaption>${text(caption)}</figcaption></figure>`;
    }
    case "terminal":
      return `<pre>${spansOf(part.text).map(spanHtml).join("")}</pre>`;
    case "blank":
      return `<div class="blank"><span>${text(part.hint)}</span></div>`;
    case "table":
      return `<div class="table">${htmlOf(part)}</div>`;
    default:
      return htmlOf(part);
  }
}

const text = (value: string): string => escapeHtml(printable(value));

/** All diagrams of a page have the same three arrow heads, so the names of each may be those of the first. */
const withOwnMarkers = (svg: string): string => svg.replace(' xmlns="http://www.w3.org/2000/svg"', "");

function spanHtml({ text: content, colour, isBold, isFaint }: Span): string {
  const classes = [colour, isBold ? "bold" : "", isFaint ? "faint" : ""].filter(Boolean);
  const shown = content
    .split("\n")
    .map((line) => text(line))
    .join("\n");
  return classes.length === 0 ? shown : `<span class="${classes.join(" ")}">${shown}</span>`;
}

const stylesheet = `
@page { size: A4; margin: 18mm 16mm; }
:root { color-scheme: light; font: 15px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #0f172a; background: #ffffff; }
body { margin: 0; }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
header { border-bottom: 3px solid #1d4ed8; margin-bottom: 2rem; padding-bottom: 1rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 1rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 0.5rem; padding-bottom: 0.25rem; border-bottom: 1px solid #cbd5e1; }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; color: #1e3a8a; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1.25rem; margin: 0; }
dt { color: #475569; }
dd { margin: 0; font-weight: 600; border-bottom: 1px dotted #cbd5e1; }
p { margin: 0.5rem 0; }
li { margin: 0.35rem 0; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: 0.5rem 0 1rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.8rem; }
th, td { border: 1px solid #cbd5e1; padding: 0.2rem 0.35rem; text-align: left; vertical-align: top; }
th { background: #f1f5f9; }
tbody tr:nth-child(even) { background: #f8fafc; }
td { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.75rem; overflow-wrap: anywhere; min-width: 2.8rem; }
.right { text-align: right; white-space: nowrap; }
figure { margin: 0.5rem 0 1rem; overflow-x: auto; }
figure svg { max-width: 100%; height: auto; border: 1px solid #e2e8f0; border-radius: 6px; }
figcaption { font-size: 0.85rem; color: #475569; }
pre { background: #0f172a; color: #e2e8f0; border-radius: 6px; padding: 0.8rem 1rem; font: 0.8rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
pre .green { color: #4ade80; } pre .red { color: #f87171; } pre .yellow { color: #facc15; } pre .bold { font-weight: 700; } pre .faint { color: #94a3b8; }
.blank { min-height: 9rem; border: 1px dashed #94a3b8; border-radius: 6px; padding: 0.5rem 0.75rem; color: #94a3b8; font-style: italic; }
@media print {
  :root { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  .table { overflow: visible; }
  th, td { padding: 0.15rem 0.25rem; font-size: 0.62rem; min-width: 0; }
  h2, h3 { break-after: avoid; }
  tr, li, .blank { break-inside: avoid; }
  figure svg { max-height: 235mm; }
  pre, th, tbody tr { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .blank span { visibility: hidden; }
}
`;
