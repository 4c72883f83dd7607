/** Whom the program keeps out, and since when, in words: plain data, because threads get it, too. */
export interface Ban {
  /** An address or a network, as `formatRange` writes it. */
  readonly address: string;
  readonly reason: string;
  /** Who has said so: the configuration, a person, or the guard of logins. */
  readonly by: "file" | "operator" | "guard";
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds since 1970; null: for ever. */
  readonly until: number | null;
  /** Clients that are connected are disconnected. */
  readonly disconnects: boolean;
}

/** The addresses that are kept out, as a listener sees them. */
export interface Bans {
  /** Nobody is banned: a listener need not look at an address at all. */
  readonly isEmpty: boolean;
  /** The ban that holds for a peer at this address; undefined: it may come in. */
  find(host: string): Ban | undefined;
  /** Calls for each new ban. @returns how to stop that */
  onBan(call: (ban: Ban) => void): () => void;
}

/** Who wants to log in. */
export interface LoginAttempt {
  /** Where it asks, as the service is named. */
  readonly service: string;
  /** Its IP address; "" for a peer without one. */
  readonly host: string;
  /** The user name that it gives; undefined: it gives none. */
  readonly username: string | undefined;
  /** Whether it has disconnected meanwhile. */
  isGone(): boolean;
}

/** How a login is checked. */
export interface LoginChecks<T> {
  /** Not called once the applicant is gone: then the promise stays pending, because nobody waits for the answer. */
  check(): T | Promise<T>;
  /** Whether it was a wrong name or password, and not, for instance, a server that could not decide. */
  isWrong(verdict: T): boolean;
  /** Whether it has let the applicant in, and is not, for instance, a step on the way. */
  isRight(verdict: T): boolean;
  /** The verdict when so many wait already that nothing is checked. */
  readonly busy: T;
}

/** Slows down those who try passwords out, wherever they try. */
export interface Logins {
  /** Checks a password at once, or, where the address has failed before, when it is its turn again. */
  check<T>(attempt: LoginAttempt, checks: LoginChecks<T>): T | Promise<T>;
  /**
   * Counts a wrong secret, where a right one is never made to wait. The same one again is no further guess: a page asks
   * several times with what somebody has mistyped once.
   * @param digest of the secret
   * @returns milliseconds after which to answer; undefined: too many wait already
   */
  failed(attempt: Omit<LoginAttempt, "isGone">, digest: string): number | undefined;
}

/** What protects all services of the process together. */
export interface Guards {
  readonly bans: Bans;
  /** Absent in worker threads, where nobody logs in. */
  readonly logins?: Logins;
}
