/** What the store knows a session by. */
export interface KnownSession {
  readonly number: number;
  /** By the calendar, in milliseconds; 0: its client is connected. */
  awaySince: number;
}

/** The numbers that stand for sessions in the records. */
export class SessionTable {
  readonly #sessions = new Map<string, KnownSession>();
  #last = 0;
  /** The one that was asked for last: changes of a session come in rows. */
  #lastClientId: string | undefined;
  #lastNumber = 0;

  /** What was read from the log. */
  restore(sessions: Iterable<KnownSession & { readonly clientId: string }>, last: number): void {
    for (const { clientId, number, awaySince } of sessions)
      this.#sessions.set(clientId, { number, awaySince });
    this.#last = last;
  }

  get(clientId: string): KnownSession | undefined {
    return this.#sessions.get(clientId);
  }

  /** @throws {Error} when there is no such session: the broker would lose what it records */
  numberOf(clientId: string): number {
    if (clientId === this.#lastClientId) return this.#lastNumber;
    const session = this.#sessions.get(clientId);
    if (session === undefined) throw new Error(`the store knows no session of "${clientId}"`);
    this.#lastClientId = clientId;
    this.#lastNumber = session.number;
    return session.number;
  }

  /** The number of the session: its own, or a new one. */
  open(clientId: string): number {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) return known.number;
    this.#sessions.set(clientId, { number: ++this.#last, awaySince: 0 });
    return this.#last;
  }

  delete(clientId: string): void {
    this.#sessions.delete(clientId);
    this.#lastClientId = undefined;
  }
}
