import type { Logger } from "../../../core/log.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Identity } from "../ports/access.ts";
import type { StoredSession } from "../ports/store.ts";
import { Session } from "../session/session.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TimerWheel } from "../session/timer-wheel.ts";
import { publishDelayedWill } from "../session/will.ts";
import type { Client } from "./client.ts";

interface SessionRegistryContext extends SessionContext {
  readonly log: Logger;
  readonly timers: TimerWheel;
  readonly config: { readonly maxSessions: number; readonly maxSessionExpiry: number };
}

/** The sessions of all clients, online and offline: they begin, wait for their client and end here. */
export class SessionRegistry {
  /** By client identifier. */
  readonly all = new Map<string, Session>();
  readonly #context: SessionRegistryContext;
  readonly #clients = new Map<Session, Client>();
  /** Sessions without a client, the one that lost it first in front, and when that was. */
  readonly #offline = new Map<Session, number>();

  constructor(context: SessionRegistryContext) {
    this.#context = context;
  }

  /** The client that is connected now. */
  clientOf(session: Session): Client | undefined {
    return this.#clients.get(session);
  }

  /** When it lost its client, on the broker's clock; undefined: that is connected. */
  awaySince(session: Session): number | undefined {
    return this.#offline.get(session);
  }

  /** The session of this client identifier: the one there is, or a new one. */
  open(
    { clientId, username, grant }: Identity,
    prefix: string,
  ): { readonly session: Session; readonly isNew: boolean } {
    const kept = this.all.get(clientId);
    if (kept !== undefined) {
      kept.cancelExpiry?.();
      kept.cancelExpiry = undefined;
      this.#offline.delete(kept);
      kept.journal?.setAway(false);
      kept.changeGrant(grant);
      return { session: kept, isNew: false };
    }
    const session = new Session(clientId, username, this.#context, prefix, grant);
    this.all.set(clientId, session);
    return { session, isNew: true };
  }

  /** A session that the store kept, whose client has been away for so many milliseconds. */
  restore({ clientId, owner, expiry, away, prefix, grant }: StoredSession): Session {
    const session = new Session(clientId, owner, this.#context, prefix, grant);
    session.restoreExpiry(expiry);
    this.all.set(clientId, session);
    // The store knows when the client left, unless the broker ended before it: a restart does not begin the expiry anew.
    if (away === 0) session.journal?.setAway(true);
    this.#waitForClient(session, expiry, away);
    return session;
  }

  attach(session: Session, client: Client): void {
    this.#clients.set(session, client);
  }

  /** The client has gone; its session waits for it, or ends. */
  detach(session: Session): void {
    this.#clients.delete(session);
    if (session.expiry === 0) {
      this.end(session);
      return;
    }
    session.journal?.setAway(true);
    this.#waitForClient(session, session.expiry);
  }

  #waitForClient(session: Session, milliseconds: number, away = 0): void {
    const { clock, timers } = this.#context;
    const since = clock.now() - away;
    this.#offline.set(session, since);
    if (milliseconds === Number.POSITIVE_INFINITY) return;
    const end = since + milliseconds;
    session.cancelExpiry = timers.at(end, () => this.#expire(session)); // [MQTT-3.1.2-23]
  }

  /**
   * At the limit, evicts the session that has been offline longest for a client that has none yet: otherwise whoever
   * leaves enough sessions behind would shut everybody else out.
   * @returns false when all sessions are in use
   */
  ensureCapacity(): boolean {
    const { config, log } = this.#context;
    if (this.all.size < config.maxSessions) return true;
    const [oldest] = this.#offline.keys();
    if (oldest === undefined) return false;
    const name = printable(oldest.clientId, 40);
    log.debug(
      `Ended the session of "${name}", whose client is offline: maxSessions is ${config.maxSessions}`,
    );
    this.#expire(oldest);
    return true;
  }

  #expire(session: Session): void {
    this.#context.counters.sessionsExpired++;
    this.end(session);
  }

  /** Nothing of the session remains. A will that waits for its delay is published now. */
  end(session: Session): void {
    if (this.all.get(session.clientId) !== session) return;
    session.cancelExpiry?.();
    this.#offline.delete(session);
    this.#context.gate.transaction(() => {
      publishDelayedWill(session);
      this.all.delete(session.clientId);
      session.close();
    });
  }

  /** Seconds as a client asks for them, as milliseconds that the broker grants. */
  grantedExpiry(seconds: number): number {
    const wanted = seconds === 0xffffffff ? Number.POSITIVE_INFINITY : seconds * 1000;
    return Math.min(wanted, this.#context.config.maxSessionExpiry);
  }
}
