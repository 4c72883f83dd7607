import type { Logger } from "../../core/log.ts";
import type { UnmetNeed } from "../../core/role.ts";
import type { AuthConfig } from "./auth/config.ts";
import { readKeyFile } from "./auth/key-file.ts";
import type { MqttConfig } from "./config.ts";
import type { Rule } from "./rules/config.ts";
import { ListFileError } from "./rules/list-file.ts";
import { readRuleFile } from "./rules/rule-file.ts";
import { isClass, listOf, type UserClass } from "./users/class-config.ts";
import { completeList, usersOfClass, whyNotListed } from "./users/class-list.ts";
import { knownUsers, type UserConfig } from "./users/config.ts";
import { unmetListenerAccess } from "./users/listener-access.ts";
import { otherNames, ruleMistakes } from "./users/rule-mistakes.ts";
import { readUserFile } from "./users/user-file.ts";

/**
 * The configuration with the users and rules that stand in files of their own, so that a change of such a file is a change
 * of the configuration. A file that cannot be used leaves its path: then the service must not start.
 */
export function withAccessFiles(config: MqttConfig, resolve: (path: string) => string): MqttConfig {
  const { users, access, auth } = config;
  return {
    ...config,
    ...(auth !== undefined && { auth: withKeys(auth, resolve) }),
    users:
      typeof users === "string"
        ? readOr(resolve(users), (path) => [...readUserFile(path)])
        : users.flatMap((entry) => (isClass(entry) ? readClass(entry, resolve) : entry)),
    access: typeof access === "string" ? readOr(resolve(access), readRules) : access,
  };
}

function withKeys(auth: AuthConfig, resolve: (path: string) => string): AuthConfig {
  const { jwt } = auth;
  if (typeof jwt?.keys !== "string") return auth;
  return { ...auth, jwt: { ...jwt, keys: readOr(resolve(jwt.keys), readKeyFile) } };
}

/** Where a rule of a file stands: `file:line`. A message about it could only say which one of them it is otherwise. */
const places = new WeakMap<Rule, string>();

function readRules(path: string): Rule[] {
  const { items, lines } = readRuleFile(path);
  for (const [index, rule] of items.entries()) places.set(rule, `${path}:${lines[index]}`);
  return [...items];
}

/** The users of a class, or the class as long as its list lacks some of them. */
function readClass(entry: UserClass, resolve: (path: string) => string): UserConfig[] | UserClass {
  const resolved = { ...entry, list: resolve(listOf(entry)) };
  try {
    const users = usersOfClass(resolved);
    return users === undefined ? resolved : [...users];
  } catch (error) {
    if (error instanceof ListFileError) return resolved;
    throw error;
  }
}

/**
 * Makes the passwords that classes lack, when the service starts: a check of the file writes nothing.
 * @throws {Error} when a list cannot be written
 */
export function withClasses(config: MqttConfig, log: Logger): MqttConfig {
  const { users } = config;
  if (typeof users === "string" || !users.some(isClass)) return config;
  for (const entry of users.filter(isClass)) {
    const count = completeList(entry);
    log.info(
      `Wrote names and passwords of ${count} ${count === 1 ? "user" : "users"} into ${listOf(entry)}: hand one line to each`,
    );
  }
  return withAccessFiles(config, (path) => path);
}

function readOr<T>(path: string, read: (path: string) => T): T | string {
  try {
    return read(path);
  } catch (error) {
    if (error instanceof ListFileError) return path;
    throw error;
  }
}

/** What is wrong with the files, and with rules that name users of a file. */
export function* unmetAccess(config: MqttConfig): Generator<UnmetNeed> {
  const { users, access, auth } = config;
  const keys = auth?.jwt?.keys;
  if (typeof keys === "string") yield { path: ["auth", "jwt", "keys"], message: whyNot(keys, readKeyFile) };
  if (typeof users === "string") yield { path: ["users"], message: whyNot(users, readUserFile) };
  if (typeof access === "string") yield { path: ["access"], message: whyNot(access, readRuleFile) };
  if (typeof users === "string") return;
  for (const [index, entry] of users.entries()) {
    const message = isClass(entry) ? whyNotListed(entry) : undefined;
    if (message !== undefined) yield { path: ["users", index], message };
  }
  yield* unmetListenerAccess(config);
  if (typeof access === "string") return;
  for (const { index, key, message } of ruleMistakes(access, knownUsers(users), otherNames(config))) {
    const rule = access[index];
    const place = rule === undefined ? undefined : places.get(rule);
    if (place === undefined) yield { path: ["access", index, key], message };
    else yield { path: ["access"], message: `${place}: ${message}` };
  }
}

function whyNot(path: string, read: (path: string) => unknown): string {
  try {
    read(path);
    return `${path} could not be read a moment ago`;
  } catch (error) {
    if (error instanceof ListFileError) return error.message;
    throw error;
  }
}
