import type { TrafficKind } from "../core/traffic.ts";

/** How many events of each kind an observer takes a second and service; a kind not named is not wanted. */
export type Appetite = Readonly<Partial<Record<TrafficKind, number>>>;

export const trafficKinds: readonly TrafficKind[] = ["open", "bytes", "message", "close"];

/** Of each kind what the hungriest takes. */
export function hungriest(appetites: Iterable<Appetite>): Appetite {
  const most: Partial<Record<TrafficKind, number>> = {};
  for (const appetite of appetites) {
    for (const kind of trafficKinds) {
      const rate = appetite[kind] ?? 0;
      if (rate > 0) most[kind] = Math.max(most[kind] ?? 0, rate);
    }
  }
  return most;
}

export function isSameAppetite(one: Appetite, other: Appetite): boolean {
  return trafficKinds.every((kind) => (one[kind] ?? 0) === (other[kind] ?? 0));
}
