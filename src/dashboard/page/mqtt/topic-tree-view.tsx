import { useMemo, useState } from "preact/hooks";
import { Icon } from "../components/icons.tsx";
import { short } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import type { TopicInfo } from "./broker-api.ts";
import { type TopicNode, treeOf } from "./topic-tree.ts";
import { TopicValueCell } from "./topic-value-cell.tsx";

const words = texts({
  en: {
    label: "Topics",
    fold: (path: string, size: number) => `${path}, ${size === 1 ? "one topic" : `${size} topics`}`,
    topics: (size: number) => (size === 1 ? "one topic" : `${size} topics`),
    look: (path: string) => `Look at ${path}`,
    count: (count: string) => `${count}×`,
    rate: (rate: string) => `${rate}/s`,
  },
  id: {
    label: "Topic",
    fold: (path, size) => `${path}, ${size} topic`,
    topics: (size) => `${size} topic`,
    look: (path) => `Lihat ${path}`,
    count: (count) => `${count}×`,
    rate: (rate) => `${rate}/s`,
  },
});

interface TopicTreeProps {
  readonly topics: readonly TopicInfo[];
  readonly chosen: string;
  readonly onPick: (topic: string) => void;
}

/** The topics by their levels. */
export function TopicTree({ topics, ...picking }: TopicTreeProps) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const tree = useMemo(() => treeOf(topics), [topics]);
  const toggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  return (
    <ul class="tree" aria-label={words.label}>
      {tree.map((node) => (
        <Node key={node.name} node={node} closed={closed} onToggle={toggle} {...picking} />
      ))}
    </ul>
  );
}

interface NodeProps extends Omit<TopicTreeProps, "topics"> {
  readonly node: TopicNode;
  readonly closed: ReadonlySet<string>;
  readonly onToggle: (path: string) => void;
}

function Node({ node, ...shared }: NodeProps) {
  const { path, topic, children, rate, size } = node;
  const isOpen = !shared.closed.has(path);
  return (
    <li>
      <div class={`topic ${topic !== undefined && path === shared.chosen ? "topic-chosen" : ""}`}>
        <Fold node={node} isOpen={isOpen} onToggle={shared.onToggle} />
        <Level node={node} chosen={shared.chosen} onPick={shared.onPick} />
        <span class="value">
          {topic === undefined ? isOpen ? "" : words.topics(size) : <TopicValueCell topic={topic} />}
        </span>
        {topic !== undefined && topic.count > 0 && (
          <span class="soft small count">{words.count(short(topic.count))}</span>
        )}
        <span class="rate small">{rate > 0 ? words.rate(short(rate)) : ""}</span>
      </div>
      {isOpen && children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Node key={child.name} node={child} {...shared} />
          ))}
        </ul>
      )}
    </li>
  );
}

interface FoldProps {
  readonly node: TopicNode;
  readonly isOpen: boolean;
  readonly onToggle: (path: string) => void;
}

function Fold({ node: { path, children, size }, isOpen, onToggle }: FoldProps) {
  if (children.length === 0) return <span class="fold" />;
  return (
    <button
      type="button"
      class="fold"
      aria-expanded={isOpen}
      aria-label={words.fold(path, size)}
      onClick={() => onToggle(path)}
    >
      <Icon name="chevron" size={14} />
    </button>
  );
}

function Level({ node, chosen, onPick }: Pick<NodeProps, "node" | "chosen" | "onPick">) {
  const { name, path, topic } = node;
  if (topic === undefined) return <span class="level">{name || shared.empty}</span>;
  const real = topic.name ?? path;
  return (
    <button
      type="button"
      class="level link"
      title={words.look(path)}
      aria-label={words.look(path)}
      aria-pressed={real === chosen}
      onClick={() => onPick(real)}
    >
      {name || shared.empty}
    </button>
  );
}
