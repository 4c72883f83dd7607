// The server's own record of the last hour, kept up to date while the page is open.

export interface RateSeries {
  readonly messagesIn: readonly (number | null)[];
  readonly messagesOut: readonly (number | null)[];
  readonly bytesIn: readonly (number | null)[];
  readonly bytesOut: readonly (number | null)[];
}

export interface RecordedRates {
  /** Milliseconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly services: Readonly<Record<string, RateSeries>>;
}

export const noRates: RecordedRates = { times: [], services: {} };

const span = 60 * 60 * 1000;
const names = ["messagesIn", "messagesOut", "bytesIn", "bytesOut"] as const;

/** The points that are known with those that have come since, without what is older than an hour. */
export function withNewer(known: RecordedRates, newer: RecordedRates): RecordedRates {
  const last = newer.times.at(-1);
  if (last === undefined) return known;
  const start = known.times.findIndex((time) => time > last - span);
  // Without a first point that is still of use, or when the server's clock was set back, the new ones are all there is.
  const from = start < 0 || (known.times.at(-1) ?? 0) >= (newer.times[0] ?? 0) ? known.times.length : start;
  const kept = known.times.length - from;
  const services = Object.entries(newer.services).map(([service, series]) => {
    const before = known.services[service];
    const joined = names.map((name) => {
      const old = before?.[name].slice(from) ?? Array<null>(kept).fill(null);
      return [name, [...old, ...series[name]]];
    });
    return [service, Object.fromEntries(joined)];
  });
  return { times: [...known.times.slice(from), ...newer.times], services: Object.fromEntries(services) };
}

/** Messages in the last so many milliseconds, about; 0 where nothing is recorded. */
export function messagesWithin({ times, services }: RecordedRates, service: string, period: number): number {
  const series = services[service];
  const last = times.at(-1);
  if (series === undefined || last === undefined) return 0;
  let sum = 0;
  for (const [index, time] of times.entries()) {
    if (time <= last - period) continue;
    const seconds = (time - (times[index - 1] ?? time - 10_000)) / 1000;
    sum += ((series.messagesIn[index] ?? 0) + (series.messagesOut[index] ?? 0)) * seconds;
  }
  return sum;
}
