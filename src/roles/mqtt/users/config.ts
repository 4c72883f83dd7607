import { z } from "zod";
import { secret } from "../../../core/schema.ts";
import { looksLikeHash, readHash } from "../../../protocol/mqtt/password-hash.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import {
  looksLikeVerifier,
  maxIterations,
  minIterations,
  readVerifier,
} from "../../../protocol/scram/verifier.ts";
import type { NameSource } from "../../../protocol/x509/certificate-name.ts";
import type { AuthConfig } from "../auth/config.ts";
import { isClass, listOf, namesIn, type UserClass, userClass } from "./class-config.ts";
import type { Somebody } from "./listener-access-config.ts";

const password = secret((text) => {
  if (text === "") return "must be text, not empty";
  if (looksLikeHash(text) && readHash(text) === undefined) {
    return "must be a hash of mosquitto_passwd, $7$ITERATIONS$SALT$HASH or $6$SALT$HASH, as it starts like one";
  }
  if (!looksLikeVerifier(text) || readVerifier(text) !== undefined) return undefined;
  return `must be a verifier such as SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY, with ${minIterations} to ${maxIterations} iterations and the rest in base64, as it starts like one`;
});

export const user = z.strictObject({
  name: z.string().min(1).describe("The user name that the client sends."),
  password: password.describe(
    'The password, best as "${NAME}" from the environment; or its SCRAM verifier, as PostgreSQL writes it: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey; or its hash, as mosquitto_passwd writes it.',
  ),
  groups: z
    .array(z.string().min(1))
    .optional()
    .describe("Names that access rules have for several users together."),
});

/** Who may connect. */
export const userFields = {
  users: z
    .union([z.array(z.union([user, userClass])), userClass, z.string().min(1)])
    .transform((value) => (typeof value === "object" && !Array.isArray(value) ? [value] : value))
    .default([])
    .describe(
      "Who may connect, by user name and password or, with MQTT 5, by the authentication method SCRAM-SHA-256. None: everybody, unless auth says who. { count: 40, prefix: mahasiswa } stands for so many, whose passwords are made and written into a list. Or the path of a file with such a list (.yaml, .yml, .json), or of a password_file of Mosquitto.",
    ),
  anonymous: z
    .boolean()
    .optional()
    .describe(
      "Let clients without a user name connect; absent: only where no users are listed, and auth is asked about them where it is there. A wrong name or password is refused in any case.",
    ),
};

export type UserConfig = z.infer<typeof user>;

/** The settings that say who may connect. */
export interface UsersConfig {
  /** A path: of a file that could not be read. */
  readonly users: readonly (UserConfig | UserClass)[] | string;
  readonly anonymous?: boolean | undefined;
  readonly auth?: AuthConfig | undefined;
  readonly onlyFor?: readonly Somebody[] | undefined;
  readonly topicPrefix?: string | undefined;
  readonly tls?: NamingTls | undefined;
  readonly listeners?: readonly ListenerUsers[];
}

/** Who may use a listener. */
interface ListenerUsers {
  readonly anonymous?: boolean | undefined;
  readonly onlyFor?: readonly Somebody[] | undefined;
  readonly topicPrefix?: string | undefined;
  readonly tls?: NamingTls | undefined;
  /** Of a Unix socket. */
  readonly path?: string | undefined;
}

/** TLS by which certificates may say who a client is. */
interface NamingTls {
  readonly usernameFrom?: NameSource | undefined;
  readonly requireClientCert?: boolean | undefined;
}

/** Whether any listener takes user names from certificates. */
export const namesByCertificate = ({ tls, listeners = [] }: UsersConfig): boolean =>
  [{ tls }, ...listeners].some((listener) => listener.tls?.usernameFrom !== undefined);

/** Those that are listed. @throws {Error} when their file could not be read: without users everybody might connect */
export function usersIn({ users }: UsersConfig): readonly UserConfig[] {
  if (typeof users === "string") throw new Error(`the users in ${users} have not been read`);
  return users.map((entry) => {
    if (isClass(entry)) throw new Error(`the users in ${listOf(entry)} have not been read`);
    return entry;
  });
}

export type KnownUser = Pick<UserConfig, "name" | "groups">;

/** Names and groups, also of classes whose passwords nobody has made yet. */
export function knownUsers(users: readonly (UserConfig | UserClass)[]): KnownUser[] {
  return users.flatMap((entry): KnownUser[] =>
    isClass(entry) ? namesIn(entry).map((name) => ({ name, groups: entry.groups })) : [entry],
  );
}

/** What is wrong with the settings together, and where. */
export function* userMistakes(config: UsersConfig) {
  const { users, anonymous, auth } = config;
  const isEmpty = Array.isArray(users) && users.length === 0;
  if (anonymous === false && isEmpty && auth === undefined && !namesByCertificate(config)) {
    yield { path: ["anonymous"], message: "must not be false without users: nobody could connect" };
  }
  // Of a value that is none of these, another mistake is reported.
  if (!Array.isArray(users)) return;
  for (const { index, name } of doubleNames(users)) {
    const key = isClass(users[index] ?? {}) ? "prefix" : "name";
    const message = `must be another ${key}: "${name}" is listed already`;
    yield { path: ["users", index, key], message };
  }
}

/** Users whose name stands further up, too. */
export function* doubleNames(users: readonly (UserConfig | UserClass)[]) {
  const names = new Set<string>();
  for (const [index, entry] of users.entries()) {
    for (const { name } of knownUsers([entry])) {
      if (names.has(saslPrep(name))) yield { index, name };
      names.add(saslPrep(name));
    }
  }
}
