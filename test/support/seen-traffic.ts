import { type Traffic, type TrafficEvent, type TrafficKind, unobserved } from "../../src/core/traffic.ts";

/** Traffic of which every event of these kinds is built. Its groups are numbered from 1. */
export function seenTraffic(
  emit: (event: TrafficEvent) => void,
  kinds: readonly TrafficKind[] = ["open", "bytes", "message", "close"],
): Traffic {
  let groups = 0;
  const sample = (kind: TrafficKind) => kinds.includes(kind);
  const hasMessages = sample("message");
  return {
    ...unobserved,
    sample,
    emit,
    ...(hasMessages && { begin: () => ++groups, follow: (group) => group > 0 }),
  };
}
