import type { TopicInfo } from "./broker-api.ts";

/** One level of the topic tree. */
export interface TopicNode {
  readonly name: string;
  /** From the root. */
  readonly path: string;
  readonly topic: TopicInfo | undefined;
  readonly children: readonly TopicNode[];
  /** Messages per second of this level and all below it. */
  readonly rate: number;
  /** Topics at and below this level. */
  readonly size: number;
}

interface MutableNode {
  topic: TopicInfo | undefined;
  readonly children: Map<string, MutableNode>;
}

/** Builds the tree of topics, each level in alphabetical order. */
export function treeOf(topics: readonly TopicInfo[]): TopicNode[] {
  const root: MutableNode = { topic: undefined, children: new Map() };
  for (const topic of topics) {
    let node = root;
    for (const level of topic.topic.split("/")) {
      let next = node.children.get(level);
      if (next === undefined) {
        next = { topic: undefined, children: new Map() };
        node.children.set(level, next);
      }
      node = next;
    }
    node.topic = topic;
  }
  return freeze(root, "");
}

function freeze({ children }: MutableNode, above: string): TopicNode[] {
  const nodes = [...children].map(([name, node]): TopicNode => {
    const path = above + name;
    const below = freeze(node, `${path}/`);
    const sum = (count: (each: TopicNode) => number) => below.reduce((total, each) => total + count(each), 0);
    return {
      name,
      path,
      topic: node.topic,
      children: below,
      rate: (node.topic?.rate ?? 0) + sum(({ rate }) => rate),
      size: (node.topic === undefined ? 0 : 1) + sum(({ size }) => size),
    };
  });
  return nodes.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
