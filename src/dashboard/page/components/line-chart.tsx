import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../state/preferences.ts";
import { useStore } from "../state/use-store.ts";
import { clockMinutes, clockSeconds } from "../text/format.ts";
import { language } from "../text/language.ts";

export interface ChartLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Drawn dashed and without a filling, as the second of two. */
  readonly isSecond?: boolean;
}

interface LineChartProps {
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** What the x axis shows, in seconds since 1970; absent: all times. */
  readonly range?: () => [from: number, to: number];
  /** The y axis begins at zero. */
  readonly isFromZero?: boolean;
  /** With axes; without it is a sparkline. */
  readonly hasAxes?: boolean;
}

/** Lines over time. The values under the pointer are shown as text. */
export function LineChart({ label, times, lines, format, ...shape }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const chosen = useStore(theme);
  const spoken = useStore(language);
  const [index, setIndex] = useState<number>();
  const latest = useRef({ shape, format });
  latest.current = { shape, format };
  const key = lines.map(({ label, isSecond }) => `${label}${isSecond}`).join();
  useEffect(() => {
    if (place.current === null) return;
    const chart = new uPlot(
      options(place.current, lines, latest, setIndex),
      dataOf(times, lines),
      place.current,
    );
    plot.current = chart;
    const resized = new ResizeObserver(([entry]) => {
      if (entry !== undefined) chart.setSize(entry.contentRect);
    });
    resized.observe(place.current);
    const recolour = () => chart.redraw();
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", recolour);
    return () => {
      system.removeEventListener("change", recolour);
      resized.disconnect();
      chart.destroy();
    };
  }, [chosen, spoken, key]);
  useEffect(() => plot.current?.setData(dataOf(times, lines)), [times, lines, chosen, spoken]);
  const time = index === undefined ? undefined : times[index];
  return (
    <>
      <div class={`plot ${shape.hasAxes ? "plot-axes" : ""}`} ref={place} role="img" aria-label={label} />
      {time !== undefined && index !== undefined && (
        <p class="plot-reading small" aria-hidden="true">
          {clockSeconds(time * 1000)}
          {lines.map(({ label, values }) => {
            const value = values[index];
            return (
              <span key={label}>
                {" · "}
                {label} {value === null || value === undefined ? "–" : format(value)}
              </span>
            );
          })}
        </p>
      )}
    </>
  );
}

const dataOf = (times: readonly number[], lines: readonly ChartLine[]): uPlot.AlignedData => [
  [...times],
  ...lines.map(({ values }) => [...values]),
];

type Latest = { readonly current: { readonly shape: Shape; readonly format: (value: number) => string } };
type Shape = Pick<LineChartProps, "range" | "isFromZero" | "hasAxes">;

function options(
  place: HTMLElement,
  lines: readonly ChartLine[],
  latest: Latest,
  onPoint: (index: number | undefined) => void,
): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(name).trim();
  const { shape } = latest.current;
  return {
    width: place.clientWidth || 240,
    height: place.clientHeight || 64,
    padding: shape.hasAxes ? [8, 8, 0, 0] : [4, 0, 2, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    hooks: { setCursor: [({ cursor: { idx } }) => onPoint(idx ?? undefined)] },
    scales: {
      x: { range: (_, min, max) => latest.current.shape.range?.() ?? widened(min, max) },
      y: { range: (_, min, max) => rangeOf(min, max, latest.current.shape.isFromZero) },
    },
    axes: shape.hasAxes
      ? [
          axis(colour, { size: 24, space: 60, values: (_, times) => times.map(timeLabel) }),
          axis(colour, { size: 52, space: 28, values: (_, all) => all.map(latest.current.format) }),
        ]
      : [{ show: false }, { show: false }],
    series: [{}, ...lines.map(({ isSecond }) => seriesOf(isSecond === true, colour))],
  };
}

type Colour = (name: string) => () => string;

const axis = (colour: Colour, more: uPlot.Axis): uPlot.Axis => ({
  stroke: colour("--ink-soft"),
  font: "11px system-ui, sans-serif",
  grid: { stroke: colour("--line"), width: 1 },
  ticks: { show: false },
  gap: 4,
  ...more,
});

const seriesOf = (isSecond: boolean, colour: Colour): uPlot.Series =>
  isSecond
    ? { stroke: colour("--ink-soft"), width: 1.3, dash: [3, 3], points: { show: false } }
    : { stroke: colour("--tone"), width: 1.8, fill: colour("--tone-wash"), points: { show: false } };

const timeLabel = (time: number): string => (time % 60 === 0 ? clockMinutes : clockSeconds)(time * 1000);

/** A single time must not be a range of nothing. */
const widened = (min: number, max: number): [number, number] =>
  max > min ? [min, max] : [min - 30, min + 30];

function rangeOf(min: number | null, max: number | null, isFromZero = false): [number, number] {
  if (min === null || max === null) return [0, 1];
  // A line at zero must not fill the chart.
  if (isFromZero) return [0, Math.max(1, max * 1.15)];
  const margin = max > min ? (max - min) * 0.1 : Math.max(1, Math.abs(max) * 0.1);
  return [min - margin, max + margin];
}
