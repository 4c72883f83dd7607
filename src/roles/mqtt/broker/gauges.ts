import type { Session } from "../session/session.ts";

/** What the broker holds at this moment. */
export interface Gauges {
  readonly connected: number;
  readonly away: number;
  /** QoS 1 and 2 messages on their way to clients, not yet acknowledged. */
  readonly inflight: number;
  /** Messages queued for clients: one that is queued for three of them counts three times. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Shared subscriptions, one for each member. */
  readonly shared: number;
}

/**
 * Visits every session, so that nothing need be counted for each message. A hundred thousand sessions take a few
 * milliseconds.
 */
export function measure(sessions: ReadonlyMap<string, Session>): Gauges {
  let [connected, inflight, queued, queuedBytes, shared] = [0, 0, 0, 0, 0];
  for (const session of sessions.values()) {
    if (session.isOnline) connected++;
    inflight += session.inflight.size;
    queued += session.queue.length;
    queuedBytes += session.queue.bytes;
    shared += session.shares;
  }
  return { connected, away: sessions.size - connected, inflight, queued, queuedBytes, shared };
}
