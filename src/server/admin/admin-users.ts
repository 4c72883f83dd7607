import { timingSafeEqual } from "node:crypto";
import { type AdminRole, adminRoles, hashOf, userHash } from "../config/admin-users.ts";
import type { AdminConfig } from "../config/schema.ts";

/** Who makes a request. */
export interface Caller {
  readonly name: string;
  readonly role: AdminRole;
  /** By which it is known: a token of its own, the one of `admin.token`, or the machine's word for whose connection it is. */
  readonly by: "user" | "token" | "machine";
}

type Credentials = Pick<AdminConfig, "token" | "users">;

/** Those who have a token. They change while the service runs, when the file is read again. */
export class AdminUsers {
  #tokens: readonly { readonly hash: Buffer; readonly caller: Caller }[] = [];
  #changed = new AbortController();

  constructor(credentials: Credentials) {
    this.configure(credentials);
  }

  configure({ token, users }: Credentials): void {
    const named = users.flatMap((user) => {
      const hash = userHash(user);
      const caller: Caller = { name: user.name, role: user.role, by: "user" };
      return hash === undefined ? [] : [{ hash: Buffer.from(hash), caller }];
    });
    const owner: Caller = { name: "token", role: "admin", by: "token" };
    const single = token === undefined ? [] : [{ hash: Buffer.from(hashOf(token)), caller: owner }];
    const next = [...single, ...named];
    if (Bun.deepEquals(next, this.#tokens)) return;
    this.#tokens = next;
    this.#changed.abort();
    this.#changed = new AbortController();
  }

  /** Aborted when they are others: what somebody was allowed to go on with has to be asked for again. */
  get untilChanged(): AbortSignal {
    return this.#changed.signal;
  }

  /** Nobody needs a token. */
  get isOpen(): boolean {
    return this.#tokens.length === 0;
  }

  /**
   * Compares with every user's, each in constant time, so that the duration reveals neither how much of a wrong token is
   * right nor whose it nearly is.
   */
  find(token: string): Caller | undefined {
    const given = Buffer.from(hashOf(token));
    let found: Caller | undefined;
    for (const { hash, caller } of this.#tokens) if (timingSafeEqual(given, hash)) found ??= caller;
    return found;
  }
}

export const isAtLeast = (role: AdminRole, needed: AdminRole): boolean =>
  adminRoles.indexOf(role) >= adminRoles.indexOf(needed);
