import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import type { Access, Identity } from "../ports/access.ts";
import { accessOf } from "./access.ts";
import type { UsersConfig } from "./config.ts";

/** Access whose users may change while clients are connected. */
export interface ReloadableAccess extends Access {
  /** Applies from now on. @returns whether a client that was let in before may stay */
  change(next: UsersConfig): (identity: Identity) => boolean;
}

export function reloadableAccess(config: UsersConfig): ReloadableAccess {
  let current = config;
  let access = accessOf(config);
  return {
    get methods() {
      return access.methods;
    },
    authenticate: (credentials) => access.authenticate(credentials),
    mayTakeOver: (identity, owner) => access.mayTakeOver(identity, owner),
    mayPublish: (identity, topic) => access.mayPublish(identity, topic),
    maySubscribe: (identity, filter) => access.maySubscribe(identity, filter),
    change: (next) => {
      const before = current;
      // Passwords that are known to be right stay known.
      if (isSame(before, next)) return () => true;
      current = next;
      access = accessOf(next);
      return (identity) => mayStay(before, next, identity);
    },
  };
}

/** A client stays if what it proved still holds: that it knows this password, or that it needs none. */
function mayStay(before: UsersConfig, next: UsersConfig, { username }: Identity): boolean {
  if (next.users.length === 0) return true;
  if (username === undefined) return next.anonymous === true;
  const proved = passwordOf(before, username);
  return proved !== undefined && proved === passwordOf(next, username);
}

const passwordOf = ({ users }: UsersConfig, username: string): string | undefined =>
  users.find(({ name }) => saslPrep(name) === saslPrep(username))?.password;

const isSame = (one: UsersConfig, other: UsersConfig): boolean =>
  JSON.stringify([one.users, one.anonymous]) === JSON.stringify([other.users, other.anonymous]);
