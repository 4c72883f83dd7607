import type { Message } from "./message.ts";

/** How many nodes a search looks at before it lets others do something. */
export const nodesPerBreath = 200;

// What a topic level takes in memory, for the limit in bytes: a node, its map, its place in the map above.
const nodeBytes = 300;

class Node {
  readonly children = new Map<string, Node>();
  message: Message | undefined;
}

/** The last retained message of each topic. [MQTT-3.3.1-5] */
export class Retained {
  readonly #root = new Node();
  #count = 0;
  #bytes = 0;

  constructor(
    readonly limits: { readonly maxRetained: number; readonly maxRetainedBytes: number },
    readonly onFull: () => void,
  ) {}

  /** How many topics have one. */
  get size(): number {
    return this.#count;
  }

  /** Keeps the message in place of the one before; an empty payload only takes that one away. */
  keep(message: Message): void {
    const isEmpty = message.end === message.payloadStart;
    if (isEmpty)
      this.#remove(message.topic.text); // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
    else this.#set(message);
  }

  #set(message: Message): void {
    const levels = message.topic.text.split("/");
    const path = this.#path(levels);
    const before = path.length > levels.length ? path[levels.length]!.message : undefined;
    const count = this.#count + (before === undefined ? 1 : 0);
    const added = levels.length + 1 - path.length;
    const bytes = this.#bytes + message.size - (before?.size ?? 0) + added * nodeBytes;
    if (count > this.limits.maxRetained || bytes > this.limits.maxRetainedBytes) {
      // An old value must not stand where a newer one was published.
      this.#remove(message.topic.text);
      this.onFull();
      return;
    }
    let node = path[path.length - 1]!;
    for (const level of levels.slice(path.length - 1)) {
      const child = new Node();
      node.children.set(level, child);
      node = child;
    }
    node.message = message;
    this.#count = count;
    this.#bytes = bytes;
  }

  /** The nodes from the root towards the topic's, as far as there are any. */
  #path(levels: readonly string[]): Node[] {
    let node = this.#root;
    const path = [node];
    for (const level of levels) {
      const child = node.children.get(level);
      if (child === undefined) break;
      path.push(child);
      node = child;
    }
    return path;
  }

  #remove(topic: string): void {
    const levels = topic.split("/");
    const path = this.#path(levels);
    const message = path[levels.length]?.message;
    if (message === undefined) return;
    this.#count--;
    this.#bytes -= message.size;
    path[levels.length]!.message = undefined;
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth]!;
      if (node.message !== undefined || node.children.size > 0) return;
      path[depth - 1]!.children.delete(levels[depth - 1]!);
      this.#bytes -= nodeBytes;
    }
  }

  /**
   * The messages whose topics the filter matches and that have not expired, found as they are asked for: a
   * filter that matches a million of them costs nothing before the first is taken. Undefined comes when the search
   * has looked at `nodesPerBreath` nodes since the last time: a good moment to do something else.
   */
  *match(filter: string, now: () => number): Generator<Message | undefined, void, undefined> {
    for (const message of walk(this.#root, filter.split("/"))) {
      if (message?.isExpired(now())) this.#remove(message.topic.text);
      else yield message;
    }
  }
}

/** The children of a node that are still to be looked at. */
interface Branch {
  readonly children: Iterator<[string, Node]>;
  /** The filter's level that they are to match. */
  readonly depth: number;
  readonly isRoot: boolean;
}

/** Goes through the tree without recursion, so no depth is too much for it. */
function* walk(root: Node, levels: readonly string[]): Generator<Message | undefined, void, undefined> {
  const branches: Branch[] = [];
  let node: Node | undefined = root;
  let depth = 0;
  let steps = 0;
  for (;;) {
    for (; node !== undefined && isName(levels[depth]); depth++) {
      node = node.children.get(levels[depth] ?? "");
      steps++;
    }
    if (node !== undefined) {
      const level = levels[depth];
      // "a/#" also matches "a". [MQTT-4.7.1-2]
      if (level !== "+" && node.message !== undefined) yield node.message;
      if (level !== undefined && node.children.size > 0) branches.push(branch(node, level, depth, root));
    }
    const last = branches[branches.length - 1];
    if (last === undefined) return;
    const next = last.children.next();
    if (next.done) branches.pop();
    node = next.done || isHidden(last, next.value[0]) ? undefined : next.value[1];
    depth = last.depth;
    if (++steps < nodesPerBreath) continue;
    steps = 0;
    yield undefined;
  }
}

const isName = (level: string | undefined): boolean => level !== undefined && level !== "+" && level !== "#";

const branch = (node: Node, level: string, depth: number, root: Node): Branch => ({
  children: node.children.entries(),
  depth: level === "#" ? depth : depth + 1,
  isRoot: node === root,
});

// [MQTT-4.7.2-1]
const isHidden = ({ isRoot }: Branch, name: string): boolean => isRoot && name.startsWith("$");
