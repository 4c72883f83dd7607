import { filterCovers, filtersOverlap } from "../../../protocol/mqtt/filter-sets.ts";
import { topicMatches } from "../../../protocol/mqtt/topic.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import {
  everything,
  type GrantedRule,
  type Identity,
  type Permissions,
  type Reach,
} from "../ports/access.ts";
import type { Rule } from "./config.ts";
import { PatternSet, Says } from "./pattern-set.ts";
import { hasPlaceholder, placed } from "./placeholders.ts";

const actions = ["publish", "subscribe"] as const;
type Action = (typeof actions)[number];

/** A filter and what its rule says of the topics that it matches. */
interface Pattern {
  readonly filter: string;
  readonly says: number;
}

/** The patterns of the rules for one user, one group, the anonymous or everybody. */
class RuleGroup {
  readonly fixed: { [A in Action]?: PatternSet } = {};
  /** Those that mean something else for each client. */
  readonly placeholders: { [A in Action]?: Pattern[] } = {};

  add(rule: GrantedRule): void {
    for (const action of actions) {
      for (const text of rule[action]) {
        const isTaken = text.startsWith("!");
        const pattern = { filter: isTaken ? text.slice(1) : text, says: isTaken ? Says.no : Says.yes };
        if (hasPlaceholder(pattern.filter)) this.#placeholdersOf(action).push(pattern);
        else this.#fixedOf(action).add(pattern.filter, pattern.says);
      }
    }
  }

  #fixedOf(action: Action): PatternSet {
    this.fixed[action] ??= new PatternSet();
    return this.fixed[action];
  }

  #placeholdersOf(action: Action): Pattern[] {
    this.placeholders[action] ??= [];
    return this.placeholders[action];
  }
}

/** What one client's rules of one rank say about one action: those that name it, or those for everybody. */
class Rank {
  constructor(
    readonly sets: readonly PatternSet[],
    readonly own: readonly Pattern[],
  ) {}

  ofTopic(topic: string): number {
    let says = 0;
    for (const set of this.sets) says |= set.ofTopic(topic);
    for (const pattern of this.own) if (topicMatches(pattern.filter, topic)) says |= pattern.says;
    return says;
  }

  overlapping(filter: string): number {
    let says = 0;
    for (const set of this.sets) says |= set.overlapping(filter);
    for (const pattern of this.own) if (filtersOverlap(pattern.filter, filter)) says |= pattern.says;
    return says;
  }

  covering(filter: string): number {
    let says = 0;
    for (const set of this.sets) says |= set.covering(filter);
    for (const pattern of this.own) if (filterCovers(pattern.filter, filter)) says |= pattern.says;
    return says;
  }
}

/**
 * Who may publish and receive what, by the rules of the configuration. For a topic, the rules that name a client decide
 * if one of them matches, else those for everybody, else the default. Among rules of one rank, what one takes away (`!`)
 * no other gives.
 */
export class AccessRules {
  readonly #users = new Map<string, RuleGroup>();
  readonly #groups = new Map<string, RuleGroup>();
  readonly #anonymous = new RuleGroup();
  readonly #everybody = new RuleGroup();

  /** @param groupsOf the groups of a user */
  constructor(
    rules: readonly Rule[],
    readonly isAllowedByDefault: boolean,
    readonly groupsOf: (username: string) => readonly string[],
  ) {
    for (const rule of rules) for (const group of this.#groupsFor(rule)) group.add(rule);
  }

  *#groupsFor({ user, group, anonymous }: Rule): Generator<RuleGroup> {
    for (const name of user ?? []) yield groupIn(this.#users, saslPrep(name));
    for (const name of group ?? []) yield groupIn(this.#groups, name);
    if (anonymous) yield this.#anonymous;
    if (user === undefined && group === undefined && anonymous === undefined) yield this.#everybody;
  }

  /** @param isAllowed what holds for this client where no rule matches */
  permissionsOf(identity: Identity, isAllowed = this.isAllowedByDefault): Permissions {
    const named = [...this.#naming(identity)];
    const ranks = (action: Action) => [
      rank(named, action, identity),
      rank([this.#everybody], action, identity),
    ];
    return new RulePermissions(ranks("publish"), ranks("subscribe"), isAllowed);
  }

  *#naming({ username, grant }: Identity): Generator<RuleGroup> {
    if (grant?.rules !== undefined) yield groupOf(grant.rules);
    const user = username === undefined ? this.#anonymous : this.#users.get(username);
    if (user !== undefined) yield user;
    for (const name of new Set([
      ...(username === undefined ? [] : this.groupsOf(username)),
      ...(grant?.groups ?? []),
    ])) {
      const group = this.#groups.get(name);
      if (group !== undefined) yield group;
    }
  }
}

function groupOf(rules: readonly GrantedRule[]): RuleGroup {
  const group = new RuleGroup();
  for (const rule of rules) group.add(rule);
  return group;
}

function groupIn(groups: Map<string, RuleGroup>, name: string): RuleGroup {
  let group = groups.get(name);
  if (group === undefined) {
    group = new RuleGroup();
    groups.set(name, group);
  }
  return group;
}

function rank(groups: readonly RuleGroup[], action: Action, identity: Identity): Rank {
  const sets = groups.flatMap(({ fixed }) => fixed[action] ?? []);
  const own: Pattern[] = [];
  for (const { placeholders } of groups) {
    for (const { filter, says } of placeholders[action] ?? []) {
      const text = placed(filter, identity, says === Says.yes);
      if (text !== undefined) own.push({ filter: text, says });
    }
  }
  return new Rank(sets, own);
}

class RulePermissions implements Permissions {
  readonly #publish: readonly Rank[];
  readonly #subscribe: readonly Rank[];
  readonly #isAllowedByDefault: boolean;

  constructor(publish: readonly Rank[], subscribe: readonly Rank[], isAllowedByDefault: boolean) {
    this.#publish = publish;
    this.#subscribe = subscribe;
    this.#isAllowedByDefault = isAllowedByDefault;
  }

  mayPublish(topic: string): boolean {
    return this.#verdict(this.#publish, topic);
  }

  mayReceive(topic: string): boolean {
    return this.#verdict(this.#subscribe, topic);
  }

  #verdict(ranks: readonly Rank[], topic: string): boolean {
    for (const each of ranks) {
      const says = each.ofTopic(topic);
      if (says !== Says.nothing) return says === Says.yes;
    }
    return this.#isAllowedByDefault;
  }

  /** Where it is not sure it says "some": then each topic is looked at. */
  reach(filter: string): Reach {
    for (const each of this.#subscribe) {
      const covering = each.covering(filter);
      if (covering & Says.no) return "none";
      const overlapping = each.overlapping(filter);
      if (covering & Says.yes) return overlapping & Says.no ? "some" : "all";
      if (overlapping & Says.yes) return "some";
      // What is taken away from nothing: the next rank decides on the rest.
      if (overlapping & Says.no) return this.#reachOfRest(each, filter);
    }
    return this.#isAllowedByDefault ? "all" : "none";
  }

  #reachOfRest(before: Rank, filter: string): Reach {
    const next = this.#subscribe[this.#subscribe.indexOf(before) + 1];
    if (next === undefined) return this.#isAllowedByDefault ? "some" : "none";
    if (next.covering(filter) & Says.no) return "none";
    return this.#isAllowedByDefault || next.overlapping(filter) & Says.yes ? "some" : "none";
  }
}

/** No rules: everybody may do everything. */
export const withoutRules = { permissionsOf: () => everything };
