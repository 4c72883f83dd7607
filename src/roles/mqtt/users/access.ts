import { Reason } from "../../../protocol/mqtt/reason.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import { type Authorities, noAuthorities } from "../auth/authorities.ts";
import { isUserName } from "../auth/user-name.ts";
import {
  type Access,
  type Admission,
  type Credentials,
  everything,
  type Identity,
  type ListenerAccess,
  openAccess,
  type Verdict,
} from "../ports/access.ts";
import { AccessRules } from "../rules/access-rules.ts";
import { isAllowedByDefault, type RulesConfig, rulesIn } from "../rules/config.ts";
import { namesByCertificate, type UserConfig, type UsersConfig, usersIn } from "./config.ts";
import { scramSha256 } from "./scram.ts";
import { Users } from "./users.ts";

const nothing = new Uint8Array();

/** Who may connect and what they may do, by the configuration. */
export interface AccessConfig extends UsersConfig, RulesConfig {}

/**
 * Lets in the users of the configuration, and whom the authorities let in; everybody if there are neither.
 * @param authorities those of `config.auth`
 * @param secret decides what names look like that nobody has
 */
export function accessOf(
  config: AccessConfig,
  authorities: Authorities = noAuthorities,
  secret?: () => Uint8Array,
): Access {
  const listed = usersIn(config);
  const groups = groupsOf(listed);
  const permissionsOf = permissionsBy(config, groups);
  const mayUse = (listener: ListenerAccess, identity: Identity) =>
    identity.username === undefined ? listener.anonymous !== false : isAmong(listener, identity, groups);
  if (listed.length === 0 && config.auth === undefined)
    return withoutUsers(config, { permissionsOf, mayUse });
  const users = new Users(listed, secret);
  return {
    methods: listed.length === 0 ? [] : [scramSha256(users)],
    authenticate: authenticateBy(config, users, authorities),
    mayTakeOver: ({ username }, owner) => username === owner,
    mayUse,
    permissionsOf,
  };
}

function withoutUsers(
  config: AccessConfig,
  { permissionsOf, mayUse }: Pick<Access, "permissionsOf" | "mayUse">,
): Access {
  // The only names are those that certificates have proved.
  if (namesByCertificate(config)) return { ...openAccess, mayUse, permissionsOf };
  // A name that nobody has proved gives nothing.
  const unproved = ({ clientId }: Identity): Identity => ({ clientId, username: undefined });
  return {
    ...openAccess,
    mayUse: (listener, identity) => mayUse(listener, unproved(identity)),
    permissionsOf: (identity) => permissionsOf(unproved(identity)),
  };
}

function authenticateBy(
  { anonymous: ofService, auth }: AccessConfig,
  users: Users,
  authorities: Authorities,
): Access["authenticate"] {
  return (credentials) => {
    const { username, password = nothing, listener } = credentials;
    const anonymous = listener.anonymous ?? ofService;
    if (auth === undefined && username === undefined)
      return anonymous ? Reason.Success : Reason.NotAuthorized;
    // Who shows nothing at all is let in by the configuration or not; where it says neither, the authorities are asked.
    if (showsNothing(credentials) && anonymous !== undefined)
      return anonymous ? Reason.Success : Reason.NotAuthorized;
    if (username !== undefined && (auth === undefined || users.has(username))) {
      const verdict = (isRight: boolean) =>
        isRight ? { reason: Reason.Success, username: saslPrep(username) } : wrong;
      const isRight = users.check(username, password, credentials);
      return typeof isRight === "boolean" ? verdict(isRight) : isRight.then(verdict);
    }
    if (username !== undefined && !isUserName(username)) return unclearName;
    const made = authorities.authenticate(credentials);
    return made instanceof Promise ? made.then((verdict) => unlisted(verdict, users)) : unlisted(made, users);
  };
}

const unclearName = {
  reason: Reason.BadUserNameOrPassword,
  message: "the user name is empty, too long, or another one by SASLprep",
};

const showsNothing = ({ username, password, arrival }: Credentials): boolean =>
  username === undefined && password === undefined && arrival.bearer === undefined;

/** A user that is listed is nobody else's to let in. */
function unlisted(verdict: Verdict, users: Users): Verdict {
  return isAdmission(verdict) && verdict.username !== undefined && users.has(verdict.username)
    ? listedAlready
    : verdict;
}

const isAdmission = (verdict: Verdict): verdict is Admission =>
  typeof verdict === "object" && verdict.reason === Reason.Success;

type Groups = ReadonlyMap<string, readonly string[]>;

const groupsOf = (users: readonly UserConfig[]): Groups =>
  new Map(users.map(({ name, groups = [] }) => [saslPrep(name), groups]));

function isAmong({ only }: ListenerAccess, { username = "", grant }: Identity, groups: Groups): boolean {
  if (only === undefined || only.users.has(username)) return true;
  return [...(groups.get(username) ?? []), ...(grant?.groups ?? [])].some((group) => only.groups.has(group));
}

function permissionsBy(config: AccessConfig, groups: Groups): Access["permissionsOf"] {
  const rules = rulesIn(config);
  const isAllowed = isAllowedByDefault(config);
  const isOpen = rules.length === 0 && isAllowed;
  const access = new AccessRules(rules, isAllowed, (username) => groups.get(username) ?? []);
  return (identity) => {
    // Whom somebody gives rules of its own, there are rules for: what they do not give is denied.
    if (identity.grant?.rules !== undefined)
      return access.permissionsOf(identity, config.accessDefault === "allow");
    return isOpen ? everything : access.permissionsOf(identity);
  };
}

const wrong = { reason: Reason.BadUserNameOrPassword };
const listedAlready = {
  reason: Reason.NotAuthorized,
  message: "the user is one that the broker knows itself",
};
