import { nearest } from "../../../core/nearest.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import type { Rule } from "../rules/config.ts";
import { type KnownUser, namesByCertificate, type UsersConfig } from "./config.ts";

/** A rule for somebody who does not exist, and where. */
export interface RuleMistake {
  readonly index: number;
  readonly key: Kind;
  readonly message: string;
}

type Kind = "user" | "group";

/** Names that come from elsewhere than from lists: whom there is cannot be known. */
export const otherNames = (config: UsersConfig): readonly Kind[] => {
  if (config.auth !== undefined) return ["user", "group"];
  // The authority of certificates lists their names; groups they have none.
  return namesByCertificate(config) ? ["user"] : [];
};

/**
 * Rules that name somebody whom no users are: a slip there would let nobody do anything, without a word.
 * @param others what may come from elsewhere
 */
export function* ruleMistakes(
  rules: readonly Pick<Rule, "user" | "group">[],
  users: readonly KnownUser[],
  others: readonly Kind[],
): Generator<RuleMistake> {
  const known = {
    user: new Set(users.map(({ name }) => saslPrep(name))),
    group: new Set(users.flatMap(({ groups = [] }) => groups)),
  };
  const kinds = (["user", "group"] as const).filter((key) => !others.includes(key));
  for (const [index, rule] of rules.entries()) {
    for (const key of kinds) {
      for (const name of rule[key] ?? []) {
        if (known[key].has(key === "user" ? saslPrep(name) : name)) continue;
        const why =
          users.length === 0 && others.length === 0
            ? "no users are listed, so nobody can prove a name"
            : unknown(key, name, known[key]);
        yield { index, key, message: `names the ${key} "${name}", and ${why}` };
      }
    }
  }
}

function unknown(key: Kind, name: string, known: ReadonlySet<string>): string {
  const meant = nearest(name, known);
  const none = key === "user" ? "there is no such user" : "no user has it in its groups";
  return meant === undefined ? none : `${none}: did you mean "${meant}"?`;
}
