import type { UnmetNeed } from "../../../core/role.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import type { ListenerAccess } from "../ports/access.ts";
import { placed } from "../rules/placeholders.ts";
import { knownUsers, namesByCertificate, type UsersConfig } from "./config.ts";
import type { Somebody } from "./listener-access-config.ts";
import { ruleMistakes } from "./rule-mistakes.ts";

type Further = NonNullable<UsersConfig["listeners"]>[number];

/** Whom each listener lets in: the service's own port, and then the further ones. */
export function accessOfListeners(config: UsersConfig): ListenerAccess[] {
  return [ownAccess(config), ...(config.listeners ?? []).map((listener) => furtherAccess(config, listener))];
}

function ownAccess({ anonymous, onlyFor = [], topicPrefix }: UsersConfig): ListenerAccess {
  return { anonymous: anonymous ?? exclusively(onlyFor), only: only(onlyFor), ...prefixed(topicPrefix) };
}

/** What it does not say is as with the service. Who names its users alone means nobody without a name. */
function furtherAccess(config: UsersConfig, { anonymous, onlyFor, topicPrefix }: Further): ListenerAccess {
  const own = ownAccess(config);
  const inherited = onlyFor === undefined ? own.anonymous : (exclusively(onlyFor) ?? config.anonymous);
  return {
    anonymous: anonymous ?? inherited,
    only: onlyFor === undefined ? own.only : only(onlyFor),
    ...prefixed(topicPrefix ?? config.topicPrefix),
  };
}

/** A client may call itself anything: one that would begin other clients' topics, or all, is let in nowhere. */
function prefixed(topicPrefix = ""): Pick<ListenerAccess, "topicPrefix"> {
  if (topicPrefix === "") return {};
  return {
    topicPrefix: (identity) => {
      const prefix = placed(topicPrefix, identity, true);
      return prefix?.startsWith("$") ? undefined : prefix;
    },
  };
}

const exclusively = (onlyFor: readonly Somebody[]) => (onlyFor.length > 0 ? false : undefined);

function only(onlyFor: readonly Somebody[]): ListenerAccess["only"] {
  if (onlyFor.length === 0) return undefined;
  return {
    users: new Set(onlyFor.flatMap(({ user = [] }) => user.map(saslPrep))),
    groups: new Set(onlyFor.flatMap(({ group = [] }) => group)),
  };
}

/**
 * Whether everybody who comes over the network proves who they are, by a password or a certificate. Who comes by a Unix
 * socket is somebody of this machine, whom the socket's permissions have let in.
 */
export function knowsItsClients(config: UsersConfig): boolean {
  const { users, auth, tls, listeners = [] } = config;
  if (auth?.onFailure === "anonymous") return false;
  const decides = users.length > 0 || auth !== undefined;
  const places = [{ tls, path: undefined }, ...listeners];
  const access = accessOfListeners(config);
  return places.every(({ tls, path }, index) => {
    if (path !== undefined || tls?.requireClientCert === true) return true;
    const isAnonymous = access[index]?.anonymous ?? config.anonymous ?? !decides;
    return !isAnonymous && (decides || namesByCertificate(config));
  });
}

/** What is wrong with who may use the listeners, as far as that shows without the files of users. */
export function* listenerAccessMistakes({ users, auth, listeners = [] }: UsersConfig) {
  if (!Array.isArray(users) || users.length > 0 || auth !== undefined) return;
  for (const [index, { anonymous, tls }] of listeners.entries()) {
    if (anonymous !== false || tls?.usernameFrom !== undefined) continue;
    const message = "must not be false without users: nobody could connect";
    yield { path: ["listeners", index, "anonymous"], message };
  }
}

/** What names may come from elsewhere than from the list of users. */
const everything = ["user", "group"] as const;
const certified = ["user"] as const;

/** Listeners that are only for somebody who does not exist, or have topics of users where there are none. */
export function* unmetListenerAccess(config: UsersConfig): Generator<UnmetNeed> {
  const { users, auth, onlyFor = [], topicPrefix = "", listeners = [] } = config;
  if (typeof users === "string") return;
  const known = knownUsers(users);
  const lists = [
    { path: [], onlyFor, topicPrefix, hasCertificates: namesByCertificate(config) },
    ...listeners.map((listener, index) => ({
      path: ["listeners", index],
      onlyFor: listener.onlyFor ?? [],
      topicPrefix: listener.topicPrefix ?? "",
      hasCertificates: listener.tls?.usernameFrom !== undefined,
    })),
  ];
  for (const { path, onlyFor, topicPrefix, hasCertificates } of lists) {
    const others = auth !== undefined ? everything : hasCertificates ? certified : [];
    if (topicPrefix.includes("%u") && known.length === 0 && others.length === 0) {
      const message = "has %u in it, and no users are listed, so nobody can prove a name";
      yield { path: [...path, "topicPrefix"], message };
    }
    for (const { index, key, message } of ruleMistakes(onlyFor, known, others))
      yield { path: [...path, "onlyFor", index, key], message };
  }
}
