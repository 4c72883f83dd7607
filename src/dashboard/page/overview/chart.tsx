import { useMemo } from "preact/hooks";
import { LineChart } from "../components/line-chart.tsx";
import type { Rates } from "../state/rates.ts";
import { short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { RecordedRates } from "./recorded-rates.ts";

const words = texts({
  en: {
    in: "in",
    out: "out",
    peak: (peak: string) => `messages/s, peak ${peak}`,
    minute: (service: string, peak: string) =>
      `Messages of ${service} over the last minute, at most ${peak} a second`,
    hour: (service: string, peak: string) =>
      `Messages of ${service} over the last hour, at most ${peak} a second`,
  },
  id: {
    in: "masuk",
    out: "keluar",
    peak: (peak) => `pesan/s, puncak ${peak}`,
    minute: (service, peak) => `Pesan ${service} selama satu menit terakhir, paling banyak ${peak} per detik`,
    hour: (service, peak) => `Pesan ${service} selama satu jam terakhir, paling banyak ${peak} per detik`,
  },
});

export type Span = "hour" | "minute";

interface RateChartProps {
  readonly service: string;
  readonly span: Span;
  /** Of the last minute, one a second. */
  readonly samples: readonly Rates[];
  /** Of the last hour, from the server. */
  readonly recorded: RecordedRates;
}

interface Line {
  readonly times: readonly number[];
  readonly incoming: readonly (number | null)[];
  readonly outgoing: readonly (number | null)[];
}

/** The messages a second of a service: incoming as a filled line, outgoing as a dashed one. */
export function RateChart({ service, span, samples, recorded }: RateChartProps) {
  const line = useMemo(
    () => (span === "hour" ? hourOf(recorded, service) : minuteOf(recorded, service, samples)),
    [span, recorded, samples, service],
  );
  const lines = useMemo(
    () => [
      { label: words.in, values: line.incoming },
      { label: words.out, values: line.outgoing, isSecond: true },
    ],
    [line, words.in],
  );
  const peak = short(peakOf(line, span));
  return (
    <figure class="chart">
      <LineChart
        label={words[span](service, peak)}
        times={line.times}
        lines={lines}
        format={short}
        isFromZero
        range={span === "hour" ? () => hourRange(line.times) : minuteRange}
      />
      <figcaption>
        <span class="key-in">{words.in}</span> <span class="key-out">{words.out}</span>
        <span class="peak">{words.peak(peak)}</span>
      </figcaption>
    </figure>
  );
}

function peakOf({ times, incoming, outgoing }: Line, span: Span): number {
  const start = span === "hour" ? 0 : Date.now() / 1000 - 60;
  const rates = times.map((time, index) =>
    time < start ? 0 : Math.max(incoming[index] ?? 0, outgoing[index] ?? 0),
  );
  return Math.max(0, ...rates);
}

function hourOf({ times, services }: RecordedRates, service: string): Line {
  const series = services[service];
  return {
    times: times.map((time) => time / 1000),
    incoming: series?.messagesIn ?? times.map(() => null),
    outgoing: series?.messagesOut ?? times.map(() => null),
  };
}

/** The page's own samples; before it was opened, what the server has recorded. */
function minuteOf(recorded: RecordedRates, service: string, samples: readonly Rates[]): Line {
  const before = hourOf(recorded, service);
  const first = samples[0]?.time ?? Number.POSITIVE_INFINITY;
  const end = before.times.findIndex((time) => time >= first);
  const count = end < 0 ? before.times.length : end;
  return {
    times: [...before.times.slice(0, count), ...samples.map(({ time }) => time)],
    incoming: [...before.incoming.slice(0, count), ...samples.map(({ messagesIn = null }) => messagesIn)],
    outgoing: [...before.outgoing.slice(0, count), ...samples.map(({ messagesOut = null }) => messagesOut)],
  };
}

/** As much of the hour as the server has seen, and two minutes at least. */
function hourRange(times: readonly number[]): [number, number] {
  const end = times.at(-1) ?? Date.now() / 1000;
  return [Math.min(times[0] ?? end, end - 120), end];
}

const minuteRange = (): [number, number] => [Date.now() / 1000 - 60, Date.now() / 1000 - 0.5];
