import { hasWildcard } from "../../../protocol/mqtt/topic.ts";

/** Up to so many filters with several wildcards cost so little that it need not be known. */
const minCounted = 64;

/** Filters with more levels count with one wildcard already. */
const shortFilter = 16;

interface Node {
  /** Most of the nodes from here on that one topic may visit. */
  cost: number;
  /** How many filters go through this node. */
  filters: number;
  readonly children: Map<string, Node>;
  /** The largest cost among the children with a name; 0: there is none. */
  named: number;
  /** How many children with a name have each cost. Absent until there are two: most nodes have one child. */
  costs: Map<number, number> | undefined;
}

const newNode = (): Node => ({ cost: 1, filters: 0, children: new Map(), named: 0, costs: undefined });

/**
 * What one client's wildcard filters may cost when a topic is matched, in nodes visited. Where filters have both a name
 * and a `+` at many levels, these multiply: 8,192 filters of the shape `{a,+}/{a,+}/...` make a topic visit as many nodes.
 * Filters with one `+` do not multiply, and are not counted.
 */
export class WildcardCost {
  /** Absent while there are few. */
  #root: Node | undefined;
  readonly #filters = new Set<string>();

  /** @returns what all of them cost at most; 0: so little that it is not counted */
  add(filter: string): number {
    if (!mayMultiply(filter) || this.#filters.has(filter)) return this.#root?.cost ?? 0;
    this.#filters.add(filter);
    if (this.#root !== undefined) insert(this.#root, filter);
    else if (this.#filters.size > minCounted) {
      this.#root = newNode();
      for (const each of this.#filters) insert(this.#root, each);
    }
    return this.#root?.cost ?? 0;
  }

  /** How many filters there are that multiply. */
  get count(): number {
    return this.#filters.size;
  }

  delete(filter: string): void {
    if (this.#filters.delete(filter) && this.#root !== undefined) remove(this.#root, filter);
    if (this.#filters.size <= minCounted) this.#root = undefined;
  }
}

/** Clients may have so many filters that multiply, whatever others have. */
const forEverybody = 8;

/** All clients' filters together may cost so many times what those of one may. */
const allTimes = 4;

/** What the filters of all clients cost together. One that several clients have is one in the filter tree, too. */
export class AllWildcardCosts {
  readonly #cost = new WildcardCost();
  readonly #clients = new Map<string, number>();

  add(filter: string): void {
    if (!mayMultiply(filter)) return;
    const count = this.#clients.get(filter) ?? 0;
    this.#clients.set(filter, count + 1);
    if (count === 0) this.#cost.add(filter);
  }

  delete(filter: string): void {
    const count = this.#clients.get(filter);
    if (count === undefined) return;
    if (count > 1) this.#clients.set(filter, count - 1);
    else {
      this.#clients.delete(filter);
      this.#cost.delete(filter);
    }
  }

  /**
   * @param own how many filters that multiply the client has with this one
   * @param most what all filters of one client may cost
   */
  hasRoomFor(filter: string, own: number, most: number): boolean {
    if (own <= forEverybody || !mayMultiply(filter) || this.#clients.has(filter)) return true;
    const cost = this.#cost.add(filter);
    this.#cost.delete(filter);
    return cost <= allTimes * most;
  }
}

function mayMultiply(filter: string): boolean {
  if (!hasWildcard(filter)) return false;
  let wildcards = 0;
  let levels = 0;
  for (const level of filter.split("/")) {
    levels++;
    if (level === "+") wildcards++;
  }
  return wildcards > 1 || (wildcards === 1 && levels > shortFilter);
}

function insert(root: Node, filter: string): void {
  const levels = filter.split("/");
  const path = [root];
  let node = root;
  for (const level of levels) {
    let child = node.children.get(level);
    if (child === undefined) {
      child = newNode();
      // It counts with its parent from `update` on.
      child.cost = 0;
      node.children.set(level, child);
    }
    node = child;
    path.push(node);
  }
  for (const each of path) each.filters++;
  update(path, levels);
}

function remove(root: Node, filter: string): void {
  const levels = filter.split("/");
  const path = [root];
  let node: Node | undefined = root;
  for (const level of levels) {
    node = node.children.get(level);
    if (node === undefined) return;
    path.push(node);
  }
  for (const [depth, each] of path.entries()) {
    each.filters--;
    if (each.filters === 0) path[depth - 1]?.children.delete(levels[depth - 1] ?? "");
  }
  update(path, levels);
}

/**
 * Computes the costs along a changed path, from its end up. A node may have thousands of children: only the one on the
 * path is looked at, and nothing further up once a cost is what it was.
 */
function update(path: readonly Node[], levels: readonly string[]): void {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const node = path[depth]!;
    const before = node.cost;
    node.cost = node.filters === 0 ? 0 : costOf(node);
    if (node.cost === before || depth === 0) return;
    if (levels[depth - 1] !== "+") replaceCost(path[depth - 1]!, before, node.cost);
  }
}

/** A topic visits a node's `+` and at most one of its names. */
const costOf = ({ named, children }: Node): number => 1 + named + (children.get("+")?.cost ?? 0);

/** The cost of a child with a name has changed; 0 is that of a child that is new, or has gone. */
function replaceCost(node: Node, before: number, after: number): void {
  if (node.costs === undefined) {
    if (node.named === before) {
      node.named = after;
      return;
    }
    node.costs = new Map([[node.named, 1]]);
  }
  count(node.costs, after, 1);
  count(node.costs, before, -1);
  if (after > node.named) node.named = after;
  else if (!node.costs.has(node.named)) node.named = Math.max(0, ...node.costs.keys());
}

function count(costs: Map<number, number>, cost: number, change: number): void {
  if (cost === 0) return;
  const children = (costs.get(cost) ?? 0) + change;
  if (children === 0) costs.delete(cost);
  else costs.set(cost, children);
}
