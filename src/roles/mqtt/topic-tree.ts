class Node<V> {
  children: Map<string, Node<V>> | undefined;
  /** What was added for the filter that ends here. */
  values: Set<V> | undefined;

  get isEmpty(): boolean {
    return this.children === undefined && this.values === undefined;
  }
}

/** Values kept under topic filters, found by the topic names that the filters match. */
export class TopicTree<V> {
  readonly #root = new Node<V>();

  add(filter: string, value: V): void {
    let node = this.#root;
    for (const level of filter.split("/")) {
      node.children ??= new Map();
      let child = node.children.get(level);
      if (child === undefined) {
        child = new Node();
        node.children.set(level, child);
      }
      node = child;
    }
    node.values ??= new Set();
    node.values.add(value);
  }

  /** Branches that hold nothing any more are cut off. */
  remove(filter: string, value: V): void {
    const levels = filter.split("/");
    const path = [this.#root];
    for (const level of levels) {
      const next = path[path.length - 1]!.children?.get(level);
      if (next === undefined) return;
      path.push(next);
    }
    const last = path[path.length - 1]!;
    last.values?.delete(value);
    if (last.values?.size === 0) last.values = undefined;
    for (let depth = levels.length; depth > 0 && path[depth]!.isEmpty; depth--) {
      const parent = path[depth - 1]!;
      parent.children?.delete(levels[depth - 1]!);
      if (parent.children?.size === 0) parent.children = undefined;
    }
  }

  /** Calls `found` for each value whose filter matches; once per filter, in no particular order. */
  match(topic: string, found: (value: V) => void): void {
    const levels = topic.split("/");
    // A wildcard at the start does not match topics that start with $. [MQTT-4.7.2-1]
    this.#match(this.#root, levels, 0, topic.startsWith("$"), found);
  }

  #match(node: Node<V>, levels: string[], depth: number, isHidden: boolean, found: (value: V) => void): void {
    const { children } = node;
    const isEnd = depth === levels.length;
    if (isEnd && node.values !== undefined) for (const value of node.values) found(value);
    if (children === undefined) return;
    if (!isHidden) {
      // Also the parent: sport/# matches sport.
      const rest = children.get("#")?.values;
      if (rest !== undefined) for (const value of rest) found(value);
    }
    if (isEnd) return;
    const exact = children.get(levels[depth]!);
    if (exact !== undefined) this.#match(exact, levels, depth + 1, false, found);
    const any = isHidden ? undefined : children.get("+");
    if (any !== undefined) this.#match(any, levels, depth + 1, false, found);
  }
}
