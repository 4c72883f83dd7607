import { matchLevels } from "../../../protocol/mqtt/topic.ts";

class Node<V> {
  children: Map<string, Node<V>> | undefined;
  /** What was kept for the filter that ends here. */
  value: V | undefined;
  /** The same for the filter that goes on with `/#`. */
  rest: V | undefined;

  /** The levels that lead here from the node above; only the root has none. */
  constructor(public label: string) {}
}

/** A node on the way to another one, under its first level. */
interface Step<V> {
  readonly node: Node<V>;
  readonly key: string;
}

/**
 * A value for each topic filter, found by the topic names that the filters match. Levels that nothing branches off
 * share a node: there are at most two nodes for each filter, however deep it is. With a node for each level,
 * 10,000 filters of 126 levels took 400 MB.
 */
export class FilterTree<V> {
  readonly #root = new Node<V>("");
  /** Where a search has still to go on: nodes, and where in the topic each begins. Empty between searches. */
  readonly #nodes: Node<V>[] = [];
  readonly #places: number[] = [];

  /** The filter's value; `make` gives it to a filter that has none yet. */
  getOrAdd(filter: string, make: () => V): V {
    const path = pathOf(filter);
    const node = path === undefined ? this.#root : this.#getOrAddNode(path);
    if (endsWithHash(filter)) {
      node.rest ??= make();
      return node.rest;
    }
    node.value ??= make();
    return node.value;
  }

  /** Forgets the filter, and what was there for it alone. */
  delete(filter: string): void {
    const steps = this.#trace(filter);
    const last = steps?.at(-1)?.node;
    if (steps === undefined || last === undefined) return;
    if (endsWithHash(filter)) last.rest = undefined;
    else last.value = undefined;
    for (let depth = steps.length - 1; depth > 0; depth--) {
      if (!tidy(steps[depth - 1]!.node, steps[depth]!)) return;
    }
  }

  /**
   * Calls `found` with the value of each filter that matches, in no particular order.
   * @returns how many nodes were visited
   */
  match(topic: string, found: (value: V) => void): number {
    // Without recursion, so no depth is too much.
    const nodes = this.#nodes;
    const places = this.#places;
    nodes.push(this.#root);
    places.push(0);
    let visited = 0;
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      visited++;
      const at = places.pop()!;
      // A wildcard at the start does not match topics that start with $. [MQTT-4.7.2-1]
      const isHidden = at === 0 && topic.startsWith("$");
      if (node.rest !== undefined && !isHidden) found(node.rest); // also the parent: sport/# matches sport
      if (at > topic.length) {
        if (node.value !== undefined) found(node.value);
        continue;
      }
      if (node.children === undefined) continue;
      follow(node.children.get(levelAt(topic, at)), topic, at, nodes, places);
      if (!isHidden) follow(node.children.get("+"), topic, at, nodes, places);
    }
    return visited;
  }

  /** The node where `path` ends, made if need be. */
  #getOrAddNode(path: string): Node<V> {
    let node = this.#root;
    for (let at = 0; at <= path.length; ) {
      const key = levelAt(path, at);
      const child = node.children?.get(key);
      if (child === undefined) {
        const leaf = new Node<V>(path.slice(at));
        node.children ??= new Map();
        node.children.set(key, leaf);
        return leaf;
      }
      const shared = commonLength(child.label, path, at);
      node = shared === child.label.length ? child : split(node, { node: child, key }, shared);
      at += shared + 1;
    }
    return node;
  }

  /** The nodes from the root to where the filter's path ends. */
  #trace(filter: string): Step<V>[] | undefined {
    const path = pathOf(filter);
    let node = this.#root;
    const steps = [{ node, key: "" }];
    for (let at = 0; path !== undefined && at <= path.length; ) {
      const key = levelAt(path, at);
      const child = node.children?.get(key);
      if (child === undefined || commonLength(child.label, path, at) < child.label.length) return undefined;
      node = child;
      steps.push({ node, key });
      at += child.label.length + 1;
    }
    return steps;
  }
}

const endsWithHash = (filter: string): boolean => filter === "#" || filter.endsWith("/#");

/** The filter without a `#` at its end; undefined when nothing is left. */
function pathOf(filter: string): string | undefined {
  if (filter === "#") return undefined;
  return endsWithHash(filter) ? filter.slice(0, -2) : filter;
}

function levelAt(path: string, at: number): string {
  const end = path.indexOf("/", at);
  return end < 0 ? path.slice(at) : path.slice(at, end);
}

function follow<V>(
  node: Node<V> | undefined,
  topic: string,
  at: number,
  nodes: Node<V>[],
  places: number[],
): void {
  const next = node === undefined ? -1 : matchLevels(node.label, topic, at);
  if (node === undefined || next < 0) return;
  nodes.push(node);
  places.push(next);
}

/** How many characters of `label` stand in `path` at `at`, in whole levels. */
function commonLength(label: string, path: string, at: number): number {
  let whole = 0;
  for (let index = 0; ; index++) {
    const one = index < label.length ? label[index] : "/";
    const other = at + index < path.length ? path[at + index] : "/";
    if (one !== other) return whole;
    if (one !== "/") continue;
    whole = index;
    if (index >= label.length || at + index >= path.length) return whole;
  }
}

/** Puts a node between `parent` and its child, where the child's label has `length` characters. */
function split<V>(parent: Node<V>, { node, key }: Step<V>, length: number): Node<V> {
  const middle = new Node<V>(copied(node.label.slice(0, length)));
  node.label = node.label.slice(length + 1);
  middle.children = new Map([[levelAt(node.label, 0), node]]);
  // Taken out first, or the map would keep the old key.
  parent.children?.delete(key);
  parent.children?.set(copied(key), middle);
  return middle;
}

// A part of a string keeps the whole in memory. What outlives the filter that it came with must not.
const copied = (text: string): string => Buffer.from(text).toString();

/** Takes away a node that holds nothing. @returns whether the one above may have become such a node */
function tidy<V>(parent: Node<V>, { node, key }: Step<V>): boolean {
  if (node.value !== undefined || node.rest !== undefined) return false;
  if (node.children === undefined) {
    parent.children?.delete(key);
    if (parent.children?.size === 0) parent.children = undefined;
    return true;
  }
  if (node.children.size > 1) return false;
  for (const only of node.children.values()) {
    only.label = `${node.label}/${only.label}`;
    parent.children?.set(key, only);
  }
  return false;
}
