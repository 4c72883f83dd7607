import { hasWildcard, innerFilter } from "../../../protocol/mqtt/topic.ts";

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
 * What wildcard filters may cost when a topic is matched, in nodes visited. Where filters have both a name and a `+` at
 * many levels, these multiply: 8,192 filters of the shape `{a,+}/{a,+}/...` make a topic visit as many nodes. Filters
 * with one `+` do not multiply, and are not counted. Of a shared subscription the filter after the group counts: that is
 * what is in the filter tree, once, however many subscribe to it.
 */
export class WildcardCost {
  /** Absent while there are few. */
  #root: Node | undefined;
  /** How often each has been added. */
  readonly #filters = new Map<string, number>();

  /** @returns what all of them cost at most; 0: so little that it is not counted */
  add(written: string): number {
    const filter = innerFilter(written);
    if (!mayMultiply(filter)) return this.#cost;
    const times = this.#filters.get(filter) ?? 0;
    this.#filters.set(filter, times + 1);
    if (times > 0) return this.#cost;
    if (this.#root !== undefined) insert(this.#root, filter);
    else if (this.#filters.size > minCounted) {
      this.#root = newNode();
      for (const each of this.#filters.keys()) insert(this.#root, each);
    }
    return this.#cost;
  }

  /** What all would cost with this one; 0: it costs nothing more. */
  costWith(written: string): number {
    const filter = innerFilter(written);
    if (!mayMultiply(filter) || this.#filters.has(filter)) return 0;
    const cost = this.add(filter);
    this.delete(filter);
    return cost;
  }

  get #cost(): number {
    return this.#root?.cost ?? 0;
  }

  /** How many filters there are that multiply. */
  get count(): number {
    return this.#filters.size;
  }

  delete(written: string): void {
    const filter = innerFilter(written);
    const times = this.#filters.get(filter);
    if (times === undefined) return;
    if (times > 1) {
      this.#filters.set(filter, times - 1);
      return;
    }
    this.#filters.delete(filter);
    if (this.#root !== undefined) remove(this.#root, filter);
    // Later than it was made: it would be made again and again for a client at this number.
    if (this.#filters.size < minCounted / 2) this.#root = undefined;
  }
}

/** All clients' filters together may cost so many times what those of one may. */
const allClientsFactor = 4;

/** Clients may have so many filters that multiply, whatever others have, until all cost far too much. */
const fewFilters = 8;
const hardFactor = 16;

/** What the filters of all clients cost together. */
export class AllWildcardCosts extends WildcardCost {
  /**
   * @param own how many filters that multiply the client has without this one
   * @param most what all filters of one client may cost
   */
  hasRoomFor(filter: string, own: number, most: number): boolean {
    return this.costWith(filter) <= (own < fewFilters ? hardFactor : allClientsFactor) * most;
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
