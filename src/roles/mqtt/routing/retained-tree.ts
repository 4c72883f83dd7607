/** How many nodes a search visits in one slice; then others get their turn. */
export const nodesPerSlice = 200;

/** What a topic level takes in memory, for the limit in bytes: a node, its map, its place in the map above. */
export const nodeBytes = 300;

/** A level with levels below it. */
class Node<V> {
  children: Map<string, Entry<V>> | undefined;
  value: V | undefined;
}

/** What a level's name leads to: at the end of a branch the bare value, because most levels are such ends. */
type Entry<V> = Node<V> | V;

/** Where a topic's value is, or would be. */
export interface Place<V> {
  readonly levels: readonly string[];
  /** From the root towards the topic, as far as there are nodes. */
  readonly path: readonly Node<V>[];
  readonly value: V | undefined;
  /** How many of the topic's levels have no node yet. */
  readonly missing: number;
}

/** Values by topic name, found by the filters that match. Values are objects, and no nodes. */
export class RetainedTree<V extends object> {
  readonly #root = new Node<V>();

  place(topic: string): Place<V> {
    const levels = topic.split("/");
    const path = [this.#root];
    let last: Entry<V> | undefined = this.#root;
    for (const level of levels) {
      last = path[path.length - 1]!.children?.get(level);
      if (!(last instanceof Node)) break;
      path.push(last);
    }
    const there = path.length - 1 + (last === undefined || last instanceof Node ? 0 : 1);
    const missing = levels.length - there;
    const value = missing > 0 ? undefined : last instanceof Node ? last.value : last;
    return { levels, path, value, missing };
  }

  set({ levels, path }: Place<V>, value: V): void {
    let node = path[path.length - 1]!;
    if (path.length > levels.length) {
      node.value = value;
      return;
    }
    const name = levels[levels.length - 1]!;
    for (let depth = path.length - 1; depth < levels.length - 1; depth++) node = grow(node, levels[depth]!);
    node.children ??= new Map();
    node.children.set(name, value);
  }

  /** Branches that hold nothing any more are removed. @returns how many levels were removed */
  remove({ levels, path }: Place<V>): number {
    let removed = 0;
    let depth = path.length - 1;
    if (depth === levels.length) path[depth]!.value = undefined;
    else {
      path[depth]!.children?.delete(levels[depth]!);
      removed++;
    }
    for (; depth > 0; depth--) {
      const node = path[depth]!;
      if (node.value !== undefined || (node.children !== undefined && node.children.size > 0)) break;
      path[depth - 1]!.children?.delete(levels[depth - 1]!);
      removed++;
    }
    return removed;
  }

  /** Searches without recursion, so no depth is too much. */
  match(filter: string): Generator<V | undefined, void, undefined> {
    return this.#search(filter, true);
  }

  /** All values, those of topics that start with "$" too. */
  all(): Generator<V | undefined, void, undefined> {
    return this.#search("#", false);
  }

  *#search(filter: string, hides: boolean): Generator<V | undefined, void, undefined> {
    const levels = filter.split("/");
    const branches: Branch<V>[] = [];
    let entry: Entry<V> | undefined = this.#root;
    let depth = 0;
    let steps = 0;
    for (;;) {
      for (; entry !== undefined && isName(levels[depth]); depth++) {
        entry = entry instanceof Node ? entry.children?.get(levels[depth] ?? "") : undefined;
        steps++;
      }
      if (entry !== undefined) {
        const level = levels[depth];
        const value = entry instanceof Node ? entry.value : entry;
        // "a/#" also matches "a". (section 4.7.1.2)
        if (level !== "+" && value !== undefined) yield value;
        const children = entry instanceof Node ? entry.children : undefined;
        if (level !== undefined && children !== undefined) {
          branches.push(branch(children, level, depth, hides && entry === this.#root));
        }
      }
      const last = branches[branches.length - 1];
      if (last === undefined) return;
      const next = last.children.next();
      if (next.done) branches.pop();
      entry = next.done || isHidden(last, next.value[0]) ? undefined : next.value[1];
      depth = last.depth;
      if (++steps < nodesPerSlice) continue;
      steps = 0;
      yield undefined;
    }
  }
}

/** @returns the new node of a level, which keeps the value that was there */
function grow<V extends object>(parent: Node<V>, level: string): Node<V> {
  const node = new Node<V>();
  const before = parent.children?.get(level);
  if (!(before instanceof Node)) node.value = before;
  parent.children ??= new Map();
  parent.children.set(level, node);
  return node;
}

/** The children of a node that are still to be visited. */
interface Branch<V> {
  readonly children: Iterator<[string, Entry<V>]>;
  /** The filter's level that they are to match. */
  readonly depth: number;
  readonly hides: boolean;
}

const isName = (level: string | undefined): boolean => level !== undefined && level !== "+" && level !== "#";

const branch = <V>(
  children: Map<string, Entry<V>>,
  level: string,
  depth: number,
  hides: boolean,
): Branch<V> => ({
  children: children.entries(),
  depth: level === "#" ? depth : depth + 1,
  hides,
});

// [MQTT-4.7.2-1]
const isHidden = ({ hides }: { readonly hides: boolean }, name: string): boolean =>
  hides && name.startsWith("$");
