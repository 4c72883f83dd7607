import { texts } from "../text/language.ts";
import { fit, textWidth } from "../wire/text-width.ts";
import type { Sketch } from "./pattern.ts";

const words = texts({
  en: { arrow: (from: string, to: string, words: string) => `${from} to ${to}: ${words}`, client: "client" },
  id: { arrow: (from, to, words) => `${from} ke ${to}: ${words}`, client: "klien" },
});

const width = 380;
const top = 46;
const step = 40;

/** A small static sequence diagram. */
export function SketchView({ sketch, label }: { sketch: Sketch; label: string }) {
  const { steps } = sketch;
  const who = namesIn(sketch);
  const height = top + steps.length * step + 12;
  const x = (index: number) => (width / who.length) * (index + 0.5);
  return (
    <svg
      class="sketch"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label}: ${descriptionOf(sketch)}`}
    >
      {who.map((name, index) => (
        <g key={name}>
          <line class="life" x1={x(index)} y1={32} x2={x(index)} y2={height} />
          <rect
            class="client-box"
            x={x(index) - nameWidth(name) / 2}
            y={6}
            width={nameWidth(name)}
            height={26}
            rx={13}
          />
          <text class="client-name" x={x(index)} y={23} text-anchor="middle">
            {name}
          </text>
        </g>
      ))}
      {steps.map(([from, to, words], index) => (
        <Step key={`${index} ${words}`} from={x(from)} to={x(to)} y={top + index * step + 22} words={words} />
      ))}
    </svg>
  );
}

function Step({ from, to, y, words }: { from: number; to: number; y: number; words: string }) {
  const way = Math.sign(to - from);
  const text = fit(words, 12, width - 12);
  const room = textWidth(text, 12) / 2 + 4;
  const middle = Math.min(Math.max((from + to) / 2, room), width - room);
  return (
    <g>
      <rect class="halo" x={middle - room} y={y - 20} width={room * 2} height={15} />
      <text class="label" x={middle} y={y - 8} text-anchor="middle">
        {text}
      </text>
      <line class="arrow" x1={from} y1={y} x2={to - way * 8} y2={y} />
      <path class="head" d={`M${to - way * 1.5} ${y}l${-way * 9} -4.5l${way * 2} 4.5l${-way * 2} 4.5Z`} />
    </g>
  );
}

function nameWidth(name: string): number {
  return textWidth(name, 12) + 20;
}

/** The others are called by what they are in their protocol. */
const namesIn = ({ who }: Sketch): string[] => who.map((name) => name.replace(/^client\b/, words.client));

function descriptionOf(sketch: Sketch): string {
  const who = namesIn(sketch);
  return sketch.steps
    .map(([from, to, label]) => words.arrow(who[from] ?? "", who[to] ?? "", label))
    .join("; ");
}
