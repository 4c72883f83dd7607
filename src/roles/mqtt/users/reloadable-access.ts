import { randomBytes } from "node:crypto";
import type { Problem } from "../../../core/problem.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import { authoritiesOf } from "../auth/authorities.ts";
import { type AuthContext, authContext } from "../auth/context.ts";
import type { Access, Grant, Identity, ListenerAccess } from "../ports/access.ts";
import { type AccessConfig, accessOf } from "./access.ts";
import { byCertificate } from "./by-certificate.ts";
import { namesByCertificate, usersIn } from "./config.ts";

/** Access whose users may change while clients are connected. */
export interface ReloadableAccess extends Access {
  /** Applies from now on. */
  change(next: AccessConfig): AccessChange;
  /** Who could not be asked. */
  problems(): Problem[];
  stats(): Record<string, number>;
  stop(): void;
}

/** What a new configuration means for those who are connected. */
export interface AccessChange {
  /** Whether a client that was let in before may stay with its listener. */
  mayStay(identity: Identity, listener: ListenerAccess): boolean;
  /** What clients may do has changed. */
  readonly hasNewRules: boolean;
}

const ignore = () => {};
const noLog = { debug: ignore, info: ignore, warning: ignore, error: ignore };

const noChange: AccessChange = { mayStay: () => true, hasNewRules: false };

/**
 * @param lasting a secret that is the same after a restart, once clients are let in; absent: there is none, and names that
 *   nobody has look different after each start
 */
export function reloadableAccess(
  config: AccessConfig,
  context: AuthContext = authContext(noLog),
  lasting: () => Uint8Array | undefined = () => undefined,
): ReloadableAccess {
  let current = config;
  let authorities = authoritiesOf(config.auth, context);
  const own = randomBytes(32);
  const secret = () => lasting() ?? own;
  let access = byCertificate(accessOf(config, authorities, secret), config);
  return {
    get methods() {
      return access.methods;
    },
    authenticate: (credentials) => access.authenticate(credentials),
    mayUse: (listener, identity) => access.mayUse(listener, identity),
    mayTakeOver: (identity, owner) => access.mayTakeOver(identity, owner),
    permissionsOf: (identity) => access.permissionsOf(identity),
    problems: () => authorities.problems(),
    stats: () => authorities.stats(),
    stop: () => authorities.stop(),
    change: (next) => {
      const before = current;
      // Passwords that are known to be right stay known, and so do verdicts.
      const hasNewRules = !isSame(rulesOf(before), rulesOf(next));
      const hasNewUsers = !isSame(credentialsOf(before), credentialsOf(next));
      if (!isSame(before.auth, next.auth)) {
        authorities.stop();
        authorities = authoritiesOf(next.auth, context);
      } else if (!hasNewRules && !hasNewUsers) return noChange;
      current = next;
      access = byCertificate(accessOf(next, authorities, secret), next);
      const stays = hasNewUsers ? whoMayStay(before, next) : noChange.mayStay;
      return {
        hasNewRules,
        mayStay: (identity, listener) => stays(identity, listener) && access.mayUse(listener, identity),
      };
    },
  };
}

/** A client stays if what it proved still holds: that it knows this password, or that it needs none. */
function whoMayStay(before: AccessConfig, next: AccessConfig): AccessChange["mayStay"] {
  const [proved, wanted] = [passwordsIn(before), passwordsIn(next)];
  const decides = wanted.size > 0 || next.auth !== undefined;
  const [decidedBefore, decidesNow] = [deciding(before), deciding(next)];
  /** The same authority would decide, by the same keys, and the name has not become that of a listed user. */
  const isStillGranted = ({ by }: Grant, username: string | undefined) =>
    isSame(decidedBefore[by], decidesNow[by]) && (username === undefined || !wanted.has(saslPrep(username)));
  return ({ username, isCertified, grant }, { anonymous }) => {
    if (isCertified === true) return true;
    if (grant !== undefined) return isStillGranted(grant, username);
    if (username === undefined) return anonymous ?? next.anonymous ?? !decides;
    if (!decides && !namesByCertificate(next)) return true;
    const password = proved.get(saslPrep(username));
    return password !== undefined && password === wanted.get(saslPrep(username));
  };
}

const passwordsIn = (config: AccessConfig): ReadonlyMap<string, string> =>
  new Map(usersIn(config).map(({ name, password }) => [saslPrep(name), password]));

/** What makes a difference to who is let in. How long somebody is waited for does not. */
function deciding({ auth }: AccessConfig) {
  if (auth === undefined) return { service: undefined, token: undefined };
  const { http, authorization, onFailure, jwt } = auth;
  const service = http === undefined ? undefined : { http, authorization, onFailure };
  if (jwt === undefined) return { service, token: undefined };
  const { refresh: _, clockTolerance: __, ...token } = jwt;
  return { service, token };
}

const credentialsOf = (config: AccessConfig) => [
  config.anonymous,
  config.onlyFor,
  (config.listeners ?? []).map(({ anonymous, onlyFor }) => [anonymous, onlyFor]),
  usersIn(config).map(({ name, password }) => [name, password]),
  deciding(config),
];

/** All that decides what clients may do: without users, or with other ones, names mean something else. */
const rulesOf = (config: AccessConfig) => [
  config.access,
  config.accessDefault,
  usersIn(config).map(({ name, groups }) => [name, groups]),
  config.auth === undefined,
];

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
