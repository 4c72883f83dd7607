import { filterCovers, filtersOverlap } from "../../../protocol/mqtt/filter-sets.ts";
import { isSystemTopic } from "../../../protocol/mqtt/topic.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import type { Identity, Reach } from "../ports/access.ts";
import type { Rule } from "./config.ts";
import { placed } from "./placeholders.ts";

/** What is asked: who wants to do what. */
export interface Question {
  readonly identity: Identity;
  readonly groups: readonly string[];
  readonly action: "publish" | "subscribe";
  /** A topic; for subscribe also a filter. */
  readonly filter: string;
}

/** A pattern that has a say, and the number of its rule. */
export interface Say {
  readonly rule: number;
  /** As the rule has it, without `!`. */
  readonly pattern: string;
  /** With the client's names in it. */
  readonly filter: string;
  readonly gives: boolean;
}

export interface Explanation {
  readonly reach: Reach;
  /** The patterns that decide, those of rules that name the client first. */
  readonly says: readonly Say[];
  /** For some of what was asked no pattern has a say: the default decides. */
  readonly byDefault: boolean;
}

/**
 * What rules say to a question, and which. It looks at one pattern after the other, as one would read them; what the
 * broker asks for each message is AccessRules, which knows the same by heart.
 */
export function explain(
  rules: readonly Rule[],
  isAllowedByDefault: boolean,
  question: Question,
): Explanation {
  const { action, filter } = question;
  if (action === "publish" && isSystemTopic(filter)) return { reach: "none", says: [], byDefault: false };
  const says: Say[] = [];
  for (const isMeant of [names, isForEverybody]) {
    const rank = [...saysOf(rules, question, isMeant)].filter((say) => filtersOverlap(say.filter, filter));
    says.push(...rank);
    // Nothing is left for the next rank.
    if (rank.some((say) => filterCovers(say.filter, filter))) return verdict(says, rank, filter);
  }
  const given = says.some(({ gives }) => gives) || isAllowedByDefault;
  const isTaken = says.some(({ gives }) => !gives);
  const all = !isTaken && isAllowedByDefault;
  return { reach: given ? (all ? "all" : "some") : "none", says, byDefault: true };
}

/** @param last the rank of which a pattern covers all that is left */
function verdict(says: readonly Say[], last: readonly Say[], filter: string): Explanation {
  const isTaken = last.some((say) => !say.gives && filterCovers(say.filter, filter));
  // Of what this rank takes away as a whole, only a rank before it can have given something.
  const gave = says.some((say) => say.gives && !last.includes(say));
  const reach = isTaken ? (gave ? "some" : "none") : says.every(({ gives }) => gives) ? "all" : "some";
  return { reach, says, byDefault: false };
}

function* saysOf(rules: readonly Rule[], { identity, groups, action }: Question, isMeant: IsMeant) {
  for (const [number, rule] of rules.entries()) {
    if (!isMeant(rule, identity, groups)) continue;
    for (const text of rule[action]) {
      const gives = !text.startsWith("!");
      const pattern = gives ? text : text.slice(1);
      const filter = placed(pattern, identity, gives);
      if (filter !== undefined) yield { rule: number, pattern, filter, gives };
    }
  }
}

type IsMeant = (rule: Rule, identity: Identity, groups: readonly string[]) => boolean;

const names: IsMeant = ({ user, group, anonymous }, { username }, groups) =>
  username === undefined
    ? anonymous === true
    : user?.some((name) => saslPrep(name) === username) === true ||
      group?.some((name) => groups.includes(name)) === true;

const isForEverybody: IsMeant = ({ user, group, anonymous }) =>
  user === undefined && group === undefined && anonymous === undefined;
