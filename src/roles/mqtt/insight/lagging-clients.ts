import { type Problem, problem } from "../../../core/problem.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Client } from "../broker/client.ts";
import type { Session } from "../session/session.ts";

/** A client that acknowledges nothing for so many milliseconds is reported. */
const stuckAfter = 10_000;

/** What was dropped within so many milliseconds is reported. */
const recent = 60_000;

/** A client that has completed nothing since. */
interface Stuck {
  readonly completed: number;
  readonly since: number;
}

interface Losses {
  readonly count: number;
  readonly last: number;
}

/**
 * Clients that keep their messages waiting. The sessions are polled, so that messages on their way cost nothing for
 * it, and dropped ones a counter.
 */
export class LaggingClients {
  #stuck: ReadonlyMap<Session, Stuck> = new Map();
  #losses: ReadonlyMap<Session, Losses> = new Map();
  readonly #clientOf: (session: Session) => Client | undefined;

  constructor(clientOf: (session: Session) => Client | undefined) {
    this.#clientOf = clientOf;
  }

  poll(sessions: Iterable<Session>, now: number): void {
    const stuck = new Map<Session, Stuck>();
    const losses = new Map<Session, Losses>();
    for (const session of sessions) {
      if (session.inflight.size > 0 && session.isOnline) {
        stuck.set(session, this.#stuckNow(session, now));
      }
      if (session.outgoing.dropped > 0) losses.set(session, this.#lossesNow(session, now));
    }
    this.#stuck = stuck;
    this.#losses = losses;
  }

  #stuckNow(session: Session, now: number): Stuck {
    const { completed } = session.inflight;
    const before = this.#stuck.get(session);
    // Counted from when the client connected: what is sent again then was in flight before.
    const isSame = before?.completed === completed && before.since >= (this.#clientOf(session)?.since ?? 0);
    return isSame ? before : { completed, since: now };
  }

  #lossesNow(session: Session, now: number): Losses {
    const before = this.#losses.get(session);
    return before?.count === session.outgoing.dropped
      ? before
      : { count: session.outgoing.dropped, last: now };
  }

  /** Clients that do not acknowledge what they get, while more waits for them. */
  silent(now: number): Problem[] {
    const problems: Problem[] = [];
    for (const [{ clientId, inflight, queue, outgoing, isOnline }, { since }] of this.#stuck) {
      const isBlocked = inflight.size >= outgoing.sender.window || queue.length > 0;
      if (!isBlocked || now - since < stuckAfter || !isOnline) continue;
      const values = { client: printable(clientId, 60), inflight: inflight.size, queued: queue.length };
      const text = `client ${values.client} does not acknowledge: ${messages(values.inflight)} in flight, ${values.queued} queued`;
      problems.push(problem("mqtt-silent", text, values));
    }
    return problems;
  }

  /** Clients for whom messages were dropped. */
  slow(now: number): Problem[] {
    const problems: Problem[] = [];
    for (const [{ clientId, isOnline }, { count, last }] of this.#losses) {
      if (now - last > recent) continue;
      const [code, why] = isOnline
        ? (["mqtt-slow", "reads too slowly"] as const)
        : (["mqtt-away", "is away and its queue is full"] as const);
      const client = printable(clientId, 60);
      const text = `client ${client} ${why}: ${messages(count)} ${were(count)} dropped`;
      problems.push(problem(code, text, { client, count }));
    }
    return problems;
  }
}

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);
const were = (count: number): string => (count === 1 ? "was" : "were");
