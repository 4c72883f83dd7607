/** A login that waits until its password may be checked. */
export interface WaitingLogin {
  /** Whose turn it takes: names take turns. */
  readonly name: string;
  isGone(): boolean;
  start(): void;
}

/** The logins of one address that wait. Names take turns, so that who guesses one name holds the others up the least. */
export class LoginTurns {
  readonly #names = new Map<string, WaitingLogin[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(login: WaitingLogin): void {
    const others = this.#names.get(login.name);
    if (others === undefined) this.#names.set(login.name, [login]);
    else others.push(login);
    this.#size++;
  }

  /** Takes the next one out. Those whose client has gone are left out. */
  next(): WaitingLogin | undefined {
    for (const [name, logins] of this.#names) {
      // Behind the other names.
      this.#names.delete(name);
      const at = logins.findIndex((login) => !login.isGone());
      const taken = at < 0 ? logins.length : at + 1;
      this.#size -= taken;
      const [login] = logins.splice(0, taken).slice(at < 0 ? taken : -1);
      if (logins.length > 0) this.#names.set(name, logins);
      if (login !== undefined) return login;
    }
    return undefined;
  }
}
