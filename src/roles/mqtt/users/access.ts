import { Reason } from "../../../protocol/mqtt/reason.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import { type Access, type Credentials, type Identity, openAccess } from "../ports/access.ts";
import type { UsersConfig } from "./config.ts";
import { scramSha256 } from "./scram.ts";
import { Users } from "./users.ts";

const nothing = new Uint8Array();

/** Lets in the users of the configuration; everybody if it lists none. */
export function accessOf(config: UsersConfig): Access {
  if (config.users.length === 0) return openAccess;
  const { anonymous = false } = config;
  const users = new Users(config.users);
  const authenticate = (credentials: Credentials) => {
    const { username, password = nothing } = credentials;
    if (username === undefined) return anonymous ? Reason.Success : Reason.NotAuthorized;
    const verdict = (isRight: boolean) =>
      isRight ? { reason: Reason.Success, username: saslPrep(username) } : wrong;
    const isRight = users.check(username, password, credentials);
    return typeof isRight === "boolean" ? verdict(isRight) : isRight.then(verdict);
  };
  const mayTakeOver = ({ username }: Identity, owner: string | undefined) => username === owner;
  return { ...openAccess, methods: [scramSha256(users)], authenticate, mayTakeOver };
}

const wrong = { reason: Reason.BadUserNameOrPassword };
