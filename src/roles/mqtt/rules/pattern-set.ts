import { hasWildcard } from "../../../protocol/mqtt/topic.ts";

/** What patterns say of a topic, or of some topic that a filter matches: bits. */
export const Says = { nothing: 0, yes: 1, no: 2 } as const;

/**
 * A level of the tree. Most have one child at most, and a map for each took two thirds of the memory of ten thousand rules,
 * which the garbage collector has to look through while messages wait.
 */
class Node {
  /** The first child, and its level. */
  #level: string | undefined;
  #first: Node | undefined;
  /** The others, by their levels. */
  #more: Map<string, Node> | undefined;
  plus: Node | undefined;
  /** Of the patterns that end here. */
  end = 0;
  /** Of those that end here with `/#`. */
  rest = 0;
  /** Of all that pass here. */
  all = 0;

  child(level: string): Node | undefined {
    return level === this.#level ? this.#first : this.#more?.get(level);
  }

  add(level: string): Node {
    const child = new Node();
    if (this.#first === undefined) {
      this.#level = level;
      this.#first = child;
      return child;
    }
    this.#more ??= new Map();
    this.#more.set(level, child);
    return child;
  }

  *children(): Generator<readonly [string, Node]> {
    if (this.#level === undefined || this.#first === undefined) return;
    yield [this.#level, this.#first];
    if (this.#more !== undefined) yield* this.#more;
  }
}

/** Patterns without placeholders, as a tree of levels: what 10,000 of them say of a topic is found in a few steps. */
export class PatternSet {
  readonly #root = new Node();

  add(filter: string, says: number): void {
    const levels = filter.split("/");
    const isOpen = levels.at(-1) === "#";
    if (isOpen) levels.pop();
    let node = this.#root;
    node.all |= says;
    for (const level of levels) {
      node = childOf(node, level);
      node.all |= says;
    }
    if (isOpen) node.rest |= says;
    else node.end |= says;
  }

  get isEmpty(): boolean {
    return this.#root.all === 0;
  }

  /** What the patterns say that match the topic. */
  ofTopic(topic: string): number {
    return this.isEmpty ? 0 : matching(this.#root, topic.split("/"), 0);
  }

  /** What the patterns say that match some topic which the filter matches, too. */
  overlapping(filter: string): number {
    if (!hasWildcard(filter)) return this.ofTopic(filter);
    return this.isEmpty ? 0 : new OverlapSearch(this.#root, filter.split("/")).run();
  }

  /** What single patterns say that match every topic which the filter matches. */
  covering(filter: string): number {
    if (!hasWildcard(filter)) return this.ofTopic(filter);
    return this.isEmpty ? 0 : covering(this.#root, filter.split("/"), 0);
  }
}

function childOf(node: Node, level: string): Node {
  if (level === "+") {
    node.plus ??= new Node();
    return node.plus;
  }
  return node.child(level) ?? node.add(level);
}

// A wildcard at the start matches nothing that begins with `$`. [MQTT-4.7.2-1]
const isHidden = (levels: readonly string[], at: number): boolean =>
  at === 0 && levels[0]?.startsWith("$") === true;

function matching(node: Node, levels: readonly string[], at: number): number {
  const hidden = isHidden(levels, at);
  let says = hidden ? 0 : node.rest;
  if (at === levels.length) return says | node.end;
  const child = node.child(levels[at]!);
  if (child !== undefined) says |= matching(child, levels, at + 1);
  if (node.plus !== undefined && !hidden) says |= matching(node.plus, levels, at + 1);
  return says;
}

/** Nodes that are looked at for one filter: who subscribes to many must not keep everybody waiting. */
const maxVisits = 500;

/** What patterns say that overlap with one filter. */
class OverlapSearch {
  #visits = 0;

  constructor(
    readonly root: Node,
    readonly levels: readonly string[],
  ) {}

  /** All that any pattern says, where it would take too long to find out. */
  run(): number {
    const says = this.#below(this.root, 0);
    return this.#isOver ? says | this.root.all : says;
  }

  get #isOver(): boolean {
    return this.#visits > maxVisits;
  }

  #below(node: Node, at: number): number {
    const { levels } = this;
    this.#visits++;
    const hidden = isHidden(levels, at);
    let says = hidden ? 0 : node.rest;
    if (at === levels.length) return says | node.end;
    const level = levels[at]!;
    if (level === "#") return says | node.end | below(node, at === 0);
    if (level === "+") {
      for (const [name, child] of node.children()) {
        if (this.#isOver) return says;
        // What it says is known already, so it need not be looked at.
        if ((child.all & ~says) === 0 || (at === 0 && name.startsWith("$"))) continue;
        says |= this.#below(child, at + 1);
      }
    } else {
      const child = node.child(level);
      if (child !== undefined) says |= this.#below(child, at + 1);
    }
    if (node.plus !== undefined && !hidden) says |= this.#below(node.plus, at + 1);
    return says;
  }
}

/** What all patterns say that go on from here. */
function below(node: Node, isRoot: boolean): number {
  if (!isRoot) return node.all;
  let says = node.rest | (node.plus?.all ?? 0);
  for (const [name, child] of node.children()) {
    if ((says & node.all) === node.all) break;
    if (!name.startsWith("$")) says |= child.all;
  }
  return says;
}

function covering(node: Node, levels: readonly string[], at: number): number {
  const hidden = isHidden(levels, at);
  let says = hidden ? 0 : node.rest;
  if (at === levels.length) return says | node.end;
  const level = levels[at]!;
  if (level === "#") return says;
  const child = level === "+" ? undefined : node.child(level);
  if (child !== undefined) says |= covering(child, levels, at + 1);
  if (node.plus !== undefined && !hidden) says |= covering(node.plus, levels, at + 1);
  return says;
}
