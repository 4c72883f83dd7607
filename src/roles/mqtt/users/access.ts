import { Reason } from "../../../protocol/mqtt/reason.ts";
import { type Access, type Credentials, openAccess } from "../seams/access.ts";
import type { UsersConfig } from "./config.ts";
import { scramSha256 } from "./scram.ts";
import { Users } from "./users.ts";

const nothing = new Uint8Array();

/** Lets the users of the configuration in; everybody, where it lists none. */
export function accessOf(config: UsersConfig): Access {
  if (config.users.length === 0) return openAccess;
  const { anonymous = false } = config;
  const users = new Users(config.users);
  const authenticate = (credentials: Credentials) => {
    const { username, password = nothing } = credentials;
    if (username === undefined) return anonymous ? Reason.Success : Reason.NotAuthorized;
    const isRight = users.check(username, password, credentials);
    return typeof isRight === "boolean" ? verdict(isRight) : isRight.then(verdict);
  };
  return { ...openAccess, methods: [scramSha256(users)], authenticate };
}

const verdict = (isRight: boolean): number => (isRight ? Reason.Success : Reason.BadUserNameOrPassword);
