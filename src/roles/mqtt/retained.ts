import type { Message } from "./message.ts";

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
    const before = this.#find(levels);
    const count = this.#count + (before === undefined ? 1 : 0);
    const bytes = this.#bytes + message.size - (before?.size ?? 0);
    if (count > this.limits.maxRetained || bytes > this.limits.maxRetainedBytes) {
      // An old value must not stand where a newer one was published.
      this.#remove(message.topic.text);
      this.onFull();
      return;
    }
    let node = this.#root;
    for (const level of levels) {
      const child = node.children.get(level) ?? new Node();
      node.children.set(level, child);
      node = child;
    }
    node.message = message;
    this.#count = count;
    this.#bytes = bytes;
  }

  #find(levels: readonly string[]): Message | undefined {
    let node: Node | undefined = this.#root;
    for (const level of levels) node = node?.children.get(level);
    return node?.message;
  }

  #remove(topic: string): void {
    const levels = topic.split("/");
    const message = this.#find(levels);
    if (message === undefined) return;
    this.#count--;
    this.#bytes -= message.size;
    const path = [this.#root];
    for (const level of levels) path.push(path[path.length - 1]!.children.get(level)!);
    path[path.length - 1]!.message = undefined;
    for (let depth = levels.length; depth > 0; depth--) {
      const node = path[depth]!;
      if (node.message !== undefined || node.children.size > 0) return;
      path[depth - 1]!.children.delete(levels[depth - 1]!);
    }
  }

  /**
   * The messages whose topics the filter matches and that have not expired, found as they are asked for: a
   * filter that matches a million of them costs nothing before the first is taken.
   */
  *match(filter: string, now: () => number): Generator<Message> {
    for (const message of walk(this.#root, filter.split("/"), 0)) {
      if (message.isExpired(now())) this.#remove(message.topic.text);
      else yield message;
    }
  }
}

function* walk(node: Node, levels: readonly string[], depth: number): Generator<Message> {
  const level = levels[depth];
  if (level === undefined) {
    if (node.message !== undefined) yield node.message;
    return;
  }
  if (level === "#") {
    yield* everything(node, depth === 0);
    return;
  }
  if (level !== "+") {
    const child = node.children.get(level);
    if (child !== undefined) yield* walk(child, levels, depth + 1);
    return;
  }
  for (const [name, child] of node.children) {
    if (depth > 0 || !name.startsWith("$")) yield* walk(child, levels, depth + 1); // [MQTT-4.7.2-1]
  }
}

function* everything(node: Node, isRoot: boolean): Generator<Message> {
  if (node.message !== undefined) yield node.message;
  for (const [name, child] of node.children) {
    if (!isRoot || !name.startsWith("$")) yield* everything(child, false); // [MQTT-4.7.2-1]
  }
}
