import type { LiveSession, LiveState, RecordedDelivery } from "../ports/store.ts";
import type { Retained } from "../routing/retained.ts";
import { Awaits } from "../session/inflight.ts";
import type { QueuedMemory } from "../session/queued-memory.ts";
import type { Session } from "../session/session.ts";

interface LiveContext {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly retained: Retained;
  readonly queued: QueuedMemory;
}

/** What a record takes besides the bytes of its message, about. */
const perMessage = 20;
const perEntry = 8;
const perSession = 100;

/** The limits in bytes count about so much for a message that the disk does not need. */
const memoryOverhead = 100;

/** What a durable store keeps of the broker, as it is now. */
export const liveState = ({ sessions, retained, queued }: LiveContext): LiveState => ({
  size: () => {
    const { entries, messages, messageBytes } = queued;
    const queuedSize = messageBytes - messages * (memoryOverhead - perMessage) + entries * perEntry;
    const retainedSize = Math.max(0, retained.bytes - retained.size * memoryOverhead);
    return queuedSize + retainedSize + sessions.size * perSession;
  },
  sessions: () => keptSessions(sessions),
  retained: () => retained.all(),
});

function* keptSessions(sessions: ReadonlyMap<string, Session>): Generator<LiveSession, void, undefined> {
  for (const session of sessions.values()) if (session.journal !== undefined) yield live(session);
}

function live(session: Session): LiveSession {
  const { clientId, owner, prefix, expiry, subscriptions, incoming, inflight, queue } = session;
  return {
    clientId,
    owner,
    ...(prefix !== "" && { prefix }),
    expiry,
    subscriptions: subscriptions.values(),
    incoming,
    awaitingPubcomp: inflight.ids().filter((id) => inflight.awaited(id) === Awaits.Pubcomp),
    inFlight: inFlight(session),
    queuedAfter: (number) => queue.after(number),
  };
}

function* inFlight({ inflight }: Session): Generator<readonly [RecordedDelivery, number], void, undefined> {
  for (const id of inflight.ids()) {
    const pending = inflight.pending(id);
    if (pending !== undefined) yield [pending, id];
  }
}
