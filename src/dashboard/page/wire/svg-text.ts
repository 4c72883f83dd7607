import type { Shape } from "./shapes.ts";

/** A shape as an element of an SVG file. @param look its attributes */
export function svgElement(shape: Shape, look: string): string {
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
