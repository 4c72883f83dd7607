/** A time that is written while frames are read, so that none is made for each of them. */
export interface WritableInstant {
  seconds: number;
  nanoseconds: number;
}

/** How a pcapng interface counts time: `if_tsresol` and `if_tsoffset`. */
export interface TimeResolution {
  readonly unitsPerSecond: number;
  /** Seconds that are added to each time. */
  readonly offset: number;
}

export const microseconds: TimeResolution = { unitsPerSecond: 1e6, offset: 0 };

/** The highest bit says whether the rest is an exponent of 2 or of 10. Undefined: no clock counts so finely. */
export function unitsPerSecond(resolution: number): number | undefined {
  const exponent = resolution & 0x7f;
  const units = (resolution & 0x80) === 0 ? 10 ** exponent : 2 ** exponent;
  return units <= 1e18 ? units : undefined;
}

/** Up to here a remainder times 2^16 is exact in a double. */
const maxExactUnits = 2 ** 37;

/**
 * Sets `to` to a 64-bit count of units. Long division in steps of 16 bits, because a count of nanoseconds since 1970 is
 * no exact double, and a bigint for each packet costs as much as all the rest of reading it.
 */
export function setInstant(to: WritableInstant, high: number, low: number, resolution: TimeResolution): void {
  const { unitsPerSecond: units, offset } = resolution;
  if (units > maxExactUnits) {
    setByBigInt(to, high, low, resolution);
    return;
  }
  const first = (high % units) * 0x10000 + (low >>> 16);
  const second = (first % units) * 0x10000 + (low & 0xffff);
  to.seconds =
    Math.floor(high / units) * 2 ** 32 +
    Math.floor(first / units) * 0x10000 +
    Math.floor(second / units) +
    offset;
  to.nanoseconds = toNanoseconds(second % units, units);
}

function setByBigInt(
  to: WritableInstant,
  high: number,
  low: number,
  { unitsPerSecond: units, offset }: TimeResolution,
) {
  const count = (BigInt(high) << 32n) | BigInt(low);
  to.seconds = Number(count / BigInt(units)) + offset;
  to.nanoseconds = toNanoseconds(Number(count % BigInt(units)), units);
}

/** Units that are no whole nanoseconds are rounded down, as Wireshark does. */
function toNanoseconds(rest: number, units: number): number {
  if (units === 1e9) return rest;
  return units < 1e9 ? Math.floor(rest * (1e9 / units)) : Math.floor(rest / (units / 1e9));
}
