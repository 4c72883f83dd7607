import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../state/preferences.ts";
import type { CounterName, Rates } from "../state/rates.ts";
import { useStore } from "../state/store.ts";
import { bytes, short } from "../text/format.ts";

interface ChartProps {
  readonly service: string;
  readonly samples: readonly Rates[];
  readonly shown: {
    readonly unit: "messages" | "bytes";
    readonly names: readonly [CounterName, CounterName];
  };
}

/** Seconds on the x axis. */
const span = 60;

/** The rates of a service over the last minute: incoming as a filled line, outgoing as a dashed one. */
export function RateChart({ service, samples, shown }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const chosen = useStore(theme);
  useEffect(() => {
    if (place.current === null) return;
    const chart = new uPlot(options(place.current), empty, place.current);
    plot.current = chart;
    const resized = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      chart.setSize({ width, height });
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
  }, [chosen]);
  useEffect(() => {
    const [first, second] = shown.names;
    const times = samples.map(({ time }) => time);
    plot.current?.setData([times, samples.map((s) => s[first] ?? 0), samples.map((s) => s[second] ?? 0)]);
  }, [samples, shown.names[0], chosen]);
  const format = shown.unit === "bytes" ? bytes : short;
  const peak = Math.max(0, ...samples.slice(-span).flatMap((s) => shown.names.map((name) => s[name] ?? 0)));
  return (
    <figure class="chart">
      <div
        ref={place}
        role="img"
        aria-label={`Rate of ${service} over the last minute, at most ${format(peak)} ${shown.unit} a second`}
      />
      <figcaption>
        <span class="key-in">in</span> <span class="key-out">out</span>
        <span class="peak">
          {shown.unit}/s, peak {format(peak)}
        </span>
      </figcaption>
    </figure>
  );
}

const empty: uPlot.AlignedData = [[], [], []];

function options(place: HTMLElement): uPlot.Options {
  const colour = (name: string) => () => getComputedStyle(place).getPropertyValue(name).trim();
  const tone = colour("--tone");
  return {
    width: place.clientWidth || 240,
    height: place.clientHeight || 64,
    padding: [4, 0, 2, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { range: () => [Date.now() / 1000 - span, Date.now() / 1000 - 0.5] },
      // A line at zero must not fill the chart.
      y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] },
    },
    axes: [{ show: false }, { show: false }],
    series: [
      {},
      { stroke: tone, width: 1.8, fill: colour("--tone-wash"), points: { show: false } },
      { stroke: colour("--ink-soft"), width: 1.3, dash: [3, 3], points: { show: false } },
    ],
  };
}
