import { type Traffic, type TrafficEvent, type TrafficKind, unobserved } from "../../src/core/traffic.ts";

/** An event's bytes are lent until the observer returns. */
function kept(event: TrafficEvent): TrafficEvent {
  if (!("bytes" in event) || event.bytes === undefined) return event;
  const { bytes } = event;
  return { ...event, bytes: Buffer.isBuffer(bytes) ? Buffer.from(bytes) : bytes.slice() };
}

/** Traffic of which every event of these kinds is built, with bytes of its own. Its groups are numbered from 1. */
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
    emit: (event) => emit(kept(event)),
    ...(hasMessages && { begin: () => ++groups, follow: (group) => group > 0 }),
  };
}
