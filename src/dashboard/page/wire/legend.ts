import { texts } from "../text/language.ts";
import { ink, tones } from "./palette.ts";
import { paper } from "./paper.ts";
import type { ToneOf } from "./row-shapes.ts";
import { escapeXml } from "./svg-text.ts";
import { textWidth } from "./text-width.ts";

const words = texts({
  en: {
    message: "message",
    connection: "opens, closes",
    left: "peer has left",
    segment: "TCP segment",
  },
  id: {
    message: "pesan",
    connection: "buka, tutup",
    left: "peer telah pergi",
    segment: "segmen TCP",
  },
});

const lineHeight = 18;
const size = 11.5;

/** The legend of colours and symbols. @param y its upper edge @param hasSegments they are in a capture only */
export function legend(services: readonly string[], toneOf: ToneOf, y: number, hasSegments: boolean) {
  const { width, margin } = paper;
  const parts: string[] = [
    `<path d="M${margin} ${y}H${width - margin}" stroke="${ink.line}" stroke-width="1"/>`,
  ];
  let x: number = margin;
  let line = y + lineHeight;
  for (const [sign, name] of [...services.map((name) => service(name, toneOf)), ...signs(hasSegments)]) {
    const room = 24 + textWidth(name, size) + 12;
    if (x + room > width - margin) {
      x = margin;
      line += lineHeight;
    }
    parts.push(
      `<g transform="translate(${x} ${line})">${sign}<text x="24" y="4" font-size="${size}" fill="${ink.soft}">${escapeXml(name)}</text></g>`,
    );
    x += room;
  }
  return { svg: parts.join("\n"), bottom: line + 6 };
}

type Entry = readonly [sign: string, words: string];

const service = (name: string, toneOf: ToneOf): Entry => [
  `<rect x="2" y="-5" width="16" height="10" rx="3" fill="${tones[toneOf(name)]}"/>`,
  name,
];

const signs = (hasSegments: boolean): readonly Entry[] => [
  [
    `<path d="M1 0H14M19 0L11 -4L13 0L11 4Z" stroke="${ink.soft}" stroke-width="1.5" fill="${ink.soft}"/>`,
    words.message,
  ],
  ...(hasSegments ? [segment()] : []),
  [`<path d="M1 0H18" stroke="${ink.soft}" stroke-width="1.5" stroke-dasharray="2 3"/>`, words.connection],
  [`<path d="M5 -5l10 10M15 -5l-10 10" stroke="${ink.soft}" stroke-width="1.8"/>`, words.left],
];

const segment = (): Entry => [
  `<path d="M1 0H18" stroke="${ink.soft}" stroke-width="1.2" stroke-dasharray="6 4"/><path d="M13 -4L19 0L13 4" stroke="${ink.soft}" stroke-width="1.3" fill="none"/>`,
  words.segment,
];
