import { printable } from "../../../protocol/text/printable.ts";
import type { Session } from "../session/session.ts";

/** So many milliseconds without an acknowledgement are too many. */
const patience = 10_000;

/** What was dropped within so many milliseconds is worth telling. */
const recent = 60_000;

/** The message that a client has to acknowledge next. */
interface Stuck {
  readonly packetId: number;
  readonly since: number;
}

interface Losses {
  readonly count: number;
  readonly last: number;
}

/**
 * Clients that keep their messages waiting. It is found out by looking at the sessions again and again: messages on
 * their way cost nothing, those that are dropped a counter.
 */
export class LaggingClients {
  #stuck: ReadonlyMap<Session, Stuck> = new Map();
  #losses: ReadonlyMap<Session, Losses> = new Map();

  look(sessions: Iterable<Session>, now: number): void {
    const stuck = new Map<Session, Stuck>();
    const losses = new Map<Session, Losses>();
    for (const session of sessions) {
      if (session.outgoing.size > 0 && session.connection !== undefined) {
        stuck.set(session, this.#stuckNow(session, now));
      }
      if (session.dropped > 0) losses.set(session, this.#lossesNow(session, now));
    }
    this.#stuck = stuck;
    this.#losses = losses;
  }

  #stuckNow(session: Session, now: number): Stuck {
    const [packetId = 0] = session.outgoing.keys();
    const before = this.#stuck.get(session);
    // It counts from when it has connected: what is sent again then has been in flight before.
    const isSame = before?.packetId === packetId && before.since >= (session.connection?.since ?? 0);
    return isSame ? before : { packetId, since: now };
  }

  #lossesNow(session: Session, now: number): Losses {
    const before = this.#losses.get(session);
    return before?.count === session.dropped ? before : { count: session.dropped, last: now };
  }

  /** Clients that do not acknowledge what they get, while more waits for them. */
  silent(now: number): string[] {
    const sentences: string[] = [];
    for (const [{ clientId, outgoing, queue, window, connection }, { since }] of this.#stuck) {
      const isBlocked = outgoing.size >= window || queue.length > 0;
      if (!isBlocked || now - since < patience || connection === undefined) continue;
      sentences.push(
        `client ${printable(clientId, 60)} does not acknowledge: ${messages(outgoing.size)} in flight, ${queue.length} queued`,
      );
    }
    return sentences;
  }

  /** Clients for whom messages were dropped. */
  slow(now: number): string[] {
    const sentences: string[] = [];
    for (const [{ clientId, connection }, { count, last }] of this.#losses) {
      if (now - last > recent) continue;
      const why = connection === undefined ? "is away and its queue is full" : "reads too slowly";
      sentences.push(`client ${printable(clientId, 60)} ${why}: ${messages(count)} ${were(count)} dropped`);
    }
    return sentences;
  }
}

const messages = (count: number): string => (count === 1 ? "1 message" : `${count} messages`);
const were = (count: number): string => (count === 1 ? "was" : "were");
