import { type Look, sizes } from "./shapes.ts";

/**
 * Colours for services. People with colour blindness can distinguish them, and each has a contrast of at least 4.5 on
 * white. The style sheet has the same for light and dark themes (`--tone-0` and up).
 */
export const tones = [
  "#0b62c4",
  "#a84c00",
  "#0b7358",
  "#a3319b",
  "#6b4fd3",
  "#b3261e",
  "#5c6510",
  "#00707f",
  "#84492a",
  "#bd1656",
  "#38702f",
  "#806000",
  "#3f4aa8",
  "#525c70",
] as const;

/** The index of a service's colour. It follows the order of the configuration, and so is the same on every page. */
export function toneIn(services: readonly string[], service: string): number {
  const index = services.indexOf(service);
  return (index === -1 ? tones.length - 1 : index) % tones.length;
}

/** The greys of an exported picture, which is light in any theme because reports are printed on white. */
export const ink = {
  text: "#1a2130",
  soft: "#566072",
  line: "#dfe3ea",
  life: "#c3cad6",
  paper: "#ffffff",
  note: "#7a5200",
  noteWash: "#fff3c4",
} as const;

/** A look as SVG attributes. Few word processors read CSS inside a picture. */
export function attributesOf(look: Look, tone = 0): string {
  const colour = tones[tone] ?? tones[0];
  const mono = 'font-variant-numeric="tabular-nums"';
  const looks: Record<Look, string> = {
    life: `stroke="${ink.life}" stroke-width="1.3"`,
    "life-waits": `stroke="${ink.soft}" stroke-width="1.3" stroke-dasharray="3 5"`,
    "life-service": `stroke="${colour}" stroke-width="2" stroke-opacity="0.45"`,
    arrow: `stroke="${colour}" stroke-width="1.8"`,
    head: `fill="${colour}"`,
    segment: `stroke="${colour}" stroke-width="1.2" stroke-dasharray="6 4" stroke-opacity="0.8"`,
    "segment-head": `stroke="${colour}" stroke-width="1.3" fill="none"`,
    dotted: `stroke="${colour}" stroke-width="1.4" stroke-dasharray="2 4" stroke-linecap="round" stroke-opacity="0.75"`,
    cross: `stroke="${colour}" stroke-width="2" stroke-linecap="round"`,
    ring: `fill="${ink.paper}" stroke="${colour}" stroke-width="1.6"`,
    halo: `fill="${ink.paper}" fill-opacity="0.92"`,
    label: `font-size="${sizes.label}" fill="${ink.text}"`,
    "label-soft": `font-size="${sizes.soft}" fill="${ink.soft}" font-style="italic"`,
    time: `font-size="${sizes.time}" fill="${ink.soft}" ${mono}`,
    "client-box": `fill="${ink.paper}" stroke="${colour}" stroke-width="1.4"`,
    "client-name": `font-size="${sizes.pill}" fill="${ink.text}"`,
    "service-box": `fill="${colour}"`,
    "service-name": `font-size="${sizes.name}" font-weight="600" fill="${ink.paper}"`,
    "gap-line": `stroke="${ink.life}" stroke-width="1" stroke-dasharray="6 5"`,
    "gap-text": `font-size="${sizes.soft}" fill="${ink.soft}"`,
    "row-mark": `fill="${ink.noteWash}"`,
    "note-box": `fill="${ink.noteWash}" stroke="${ink.note}" stroke-width="1"`,
    "note-text": `font-size="${sizes.soft}" fill="${ink.text}"`,
    "note-number": `font-size="${sizes.soft}" font-weight="700" fill="${ink.note}"`,
  };
  return looks[look];
}
