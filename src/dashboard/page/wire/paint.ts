import { tones } from "./palette.ts";
import { type Look, sizes } from "./shapes.ts";

/** The greys of an exported picture, which is always light: reports are printed on white. */
export const ink = {
  text: "#1a2130",
  soft: "#566072",
  line: "#dfe3ea",
  life: "#c3cad6",
  paper: "#ffffff",
} as const;

/** A look as attributes, not as a sheet: word processors read these, and few of them read CSS in a picture. */
export function attributesOf(look: Look, tone = 0): string {
  const colour = tones[tone] ?? tones[0];
  const mono = 'font-variant-numeric="tabular-nums"';
  const looks: Record<Look, string> = {
    life: `stroke="${ink.life}" stroke-width="1.3"`,
    "life-service": `stroke="${colour}" stroke-width="2" stroke-opacity="0.45"`,
    arrow: `stroke="${colour}" stroke-width="1.8"`,
    head: `fill="${colour}"`,
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
  };
  return looks[look];
}
