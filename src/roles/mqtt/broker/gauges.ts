import type { Broker } from "./broker.ts";

/** What the broker holds at this moment. */
export interface Gauges {
  readonly connected: number;
  readonly away: number;
  /** QoS 1 and 2 messages on their way to clients, not yet acknowledged. */
  readonly inflight: number;
  /** Messages that wait for a client: one that waits for three of them counts three times. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Shared subscriptions, one for each member. */
  readonly shared: number;
}

/**
 * Looks at every session: nothing is counted on a message's way. A hundred thousand sessions take a few
 * milliseconds, each time somebody asks.
 */
export function measure({ sessions }: Pick<Broker, "sessions">): Gauges {
  let [connected, inflight, queued, queuedBytes, shared] = [0, 0, 0, 0, 0];
  for (const session of sessions.values()) {
    if (session.connection !== undefined) connected++;
    inflight += session.outgoing.size;
    queued += session.queue.length;
    queuedBytes += session.queue.bytes;
    shared += session.shares;
  }
  return { connected, away: sessions.size - connected, inflight, queued, queuedBytes, shared };
}
