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
}

const newNode = (): Node => ({ cost: 1, filters: 0, children: new Map() });

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

  delete(filter: string): void {
    if (this.#filters.delete(filter) && this.#root !== undefined) remove(this.#root, filter);
    if (this.#filters.size <= minCounted) this.#root = undefined;
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
  const path = [root];
  let node = root;
  for (const level of filter.split("/")) {
    let child = node.children.get(level);
    if (child === undefined) {
      child = newNode();
      node.children.set(level, child);
    }
    node = child;
    path.push(node);
  }
  for (const each of path) each.filters++;
  update(path);
}

function remove(root: Node, filter: string): void {
  const path = [root];
  const levels = filter.split("/");
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
  update(path);
}

/** A topic visits a node's `+` and at most one of its names. */
function update(path: readonly Node[]): void {
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const node = path[depth]!;
    let names = 0;
    for (const [level, child] of node.children) if (level !== "+") names = Math.max(names, child.cost);
    node.cost = 1 + names + (node.children.get("+")?.cost ?? 0);
  }
}
