import { formatHostPort } from "../../core/address.ts";
import type { Conversation, Endpoint } from "../../protocol/conversation/conversation.ts";
import type { Percentiles } from "../../protocol/conversation/percentiles.ts";
import { formatDuration, formatRate } from "../../protocol/text/units.ts";

/** Of nanoseconds: `30 µs`, `1.5 ms`. What is nothing by the capture's clock took less than that shows. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 50) return "< 1 µs";
  return nanoseconds < 1e5
    ? `${Number((nanoseconds / 1e3).toFixed(1))} µs`
    : formatDuration(nanoseconds / 1e6);
}

/** Seconds since the first packet, to the microsecond. */
export const sinceStart = (nanoseconds: number): string => (nanoseconds / 1e9).toFixed(6);

/** A value of a finding that is compared with whole seconds, without its unit. */
export const seconds = (value: unknown): string => `${Number(Number(value).toFixed(2))}`;

/** A value of a finding that is in milliseconds, as a time. */
export const fromMilliseconds = (value: unknown): string => duration(Number(value) * 1e6);

/** Milliseconds from a packet to the end of the capture, as a time; undefined where it ends with that packet, or right after it. */
export const timeLeft = (value: unknown): string | undefined =>
  Number(value) < 0.001 ? undefined : fromMilliseconds(value);

export const endpoint = ({ address, port }: Endpoint): string => formatHostPort(address, port);

export const payloadOf = ({ counts }: Conversation): number => counts.client.bytes + counts.server.bytes;
export const packetsOf = ({ counts }: Conversation): number => counts.client.packets + counts.server.packets;
export const wireBytesOf = ({ counts }: Conversation): number =>
  counts.client.wireBytes + counts.server.wireBytes;

/** A percentile of times in nanoseconds; empty where there is none. */
export function percentile(times: Percentiles, share: number): string {
  const value = times.at(share);
  return value === undefined ? "" : duration(value);
}

export const largest = (times: Percentiles): string => (times.count === 0 ? "" : duration(times.max));

/** Of the payload; empty where no time passed. */
export const throughput = (bytes: number, nanoseconds: number): string =>
  bytes === 0 || nanoseconds < 1e6 ? "" : formatRate(bytes, nanoseconds / 1e6);
