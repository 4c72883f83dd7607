import { dateTime } from "../text/format.ts";
import type { Excerpt } from "./excerpt.ts";
import { layOut, servicesOf } from "./layout.ts";
import { headShapes, lifelines } from "./lifelines.ts";
import { attributesOf, ink, tones } from "./palette.ts";
import { headHeight, rowHeight, rowShapes } from "./row-shapes.ts";
import type { Shape } from "./shapes.ts";
import { fit, textWidth } from "./text-width.ts";

/** A self-contained picture: no external fonts or style sheets, and always in light colours. */
export interface Picture {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

const margin = 28;
const titleHeight = 64;
const legendLine = 18;

/** @param order all services as they are configured; determines positions and colours */
export function asPicture({ title, list, span }: Excerpt, order: readonly string[]): Picture {
  const services = servicesOf(list.rows, order);
  const toneOf = (service: string) => Math.max(0, order.indexOf(service)) % tones.length;
  const layout = layOut(services, list.lanes, { width: 720, left: 104, minStep: 168, maxStep: 300 });
  const { rows } = list;
  const first = rows[0]?.no ?? 0;
  const rowY = (row: number) => headHeight + (row - first) * rowHeight;
  const last = rows.at(-1)?.no ?? first - 1;
  const bodyHeight = headHeight + rows.length * rowHeight + 12;
  const shapes = [
    ...lifelines(layout, first, last, rowY, toneOf),
    ...headShapes(layout, first, toneOf),
    ...rows.flatMap((row) => rowShapes(row, rowY(row.no), layout, toneOf)),
  ];
  const width = layout.width + 2 * margin;
  const key = legend(services, toneOf, titleHeight + bodyHeight + 12, width);
  const height = key.bottom + margin;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif">`,
    `<title>${escapeXml(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    heading(title, span, width),
    `<g transform="translate(${margin} ${titleHeight})">`,
    ...shapes.map(element),
    "</g>",
    key.svg,
    "</svg>",
    "",
  ].join("\n");
  return { svg, width, height };
}

function heading(title: string, span: Excerpt["span"], width: number): string {
  const when = span === undefined ? "" : `${dateTime(span.from)} to ${dateTime(span.to).slice(11)}`;
  return [
    `<text x="${margin}" y="36" font-size="19" font-weight="650" fill="${ink.text}">${escapeXml(fit(title, 20, width - 2 * margin))}</text>`,
    `<text x="${margin}" y="55" font-size="12" fill="${ink.soft}">${when}</text>`,
  ].join("\n");
}

/** The legend of colours and symbols. */
function legend(
  services: readonly string[],
  toneOf: (service: string) => number,
  y: number,
  width: number,
): { readonly svg: string; readonly bottom: number } {
  const parts: string[] = [
    `<path d="M${margin} ${y}H${width - margin}" stroke="${ink.line}" stroke-width="1"/>`,
  ];
  let x = margin;
  let line = y + legendLine + 4;
  const entry = (sign: string, words: string) => {
    const room = 26 + textWidth(words, 12) + 18;
    if (x + room > width - margin) {
      x = margin;
      line += legendLine;
    }
    parts.push(
      `<g transform="translate(${x} ${line})">${sign}<text x="24" y="4" font-size="12" fill="${ink.soft}">${escapeXml(words)}</text></g>`,
    );
    x += room;
  };
  for (const service of services) {
    entry(`<rect x="2" y="-5" width="16" height="10" rx="3" fill="${tones[toneOf(service)]}"/>`, service);
  }
  entry(
    `<path d="M1 0H14M19 0L11 -4L13 0L11 4Z" stroke="${ink.soft}" stroke-width="1.5" fill="${ink.soft}"/>`,
    "message",
  );
  entry(
    `<path d="M1 0H18" stroke="${ink.soft}" stroke-width="1.5" stroke-dasharray="2 3"/>`,
    "opens, closes",
  );
  entry(`<path d="M5 -5l10 10M15 -5l-10 10" stroke="${ink.soft}" stroke-width="1.8"/>`, "peer has left");
  return { svg: parts.join("\n"), bottom: line };
}

function element(shape: Shape): string {
  const look = attributesOf(shape.look, shape.tone);
  switch (shape.is) {
    case "line":
      return `<path d="M${n(shape.x1)} ${n(shape.y1)}L${n(shape.x2)} ${n(shape.y2)}" ${look}/>`;
    case "path":
      return `<path d="${shape.d}" ${look}/>`;
    case "dot":
      return `<circle cx="${n(shape.x)}" cy="${n(shape.y)}" r="${shape.r}" ${look}/>`;
    case "box":
      return `<rect x="${n(shape.x)}" y="${n(shape.y)}" width="${n(shape.w)}" height="${n(shape.h)}" rx="${shape.r}" ${look}/>`;
    case "text":
      return `<text x="${n(shape.x)}" y="${n(shape.y)}" text-anchor="${shape.anchor}" ${look}>${escapeXml(shape.text)}</text>`;
  }
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Also replaces control characters, which XML forbids even when escaped. */
export function escapeXml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text
    .replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"]/g, (char) => names[char] ?? char);
}
