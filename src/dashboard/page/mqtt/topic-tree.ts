import type { TopicInfo } from "./broker-api.ts";

/** One level of a topic: what was said there, and what is below it. */
export interface TopicNode {
  readonly name: string;
  /** From the root. */
  readonly path: string;
  readonly topic: TopicInfo | undefined;
  readonly children: readonly TopicNode[];
  /** Of this level and all below it, a second. */
  readonly rate: number;
  /** Topics at and below this level. */
  readonly size: number;
}

interface Growing {
  topic: TopicInfo | undefined;
  readonly children: Map<string, Growing>;
}

/** Puts topics into a tree by their levels, each level in the order of the alphabet. */
export function treeOf(topics: readonly TopicInfo[]): TopicNode[] {
  const root: Growing = { topic: undefined, children: new Map() };
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
  return grown(root, "");
}

function grown({ children }: Growing, above: string): TopicNode[] {
  const nodes = [...children].map(([name, node]): TopicNode => {
    const path = above + name;
    const below = grown(node, `${path}/`);
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
