import { useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { Icon } from "../components/icons.tsx";
import { usePoll } from "../state/requests.ts";
import { short } from "../text/format.ts";
import type { TopicsView } from "./broker-api.ts";
import { type TopicNode, treeOf } from "./topic-tree.ts";

/** The topics as a tree. The broker counts messages per topic while this view is open. */
export function Topics({ broker, onPick }: { broker: string; onPick: (topic: string) => void }) {
  const { data, error } = usePoll<TopicsView>(`/api/services/${encodeURIComponent(broker)}/views/topics`);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const toggle = (path: string) => {
    const next = new Set(closed);
    if (!next.delete(path)) next.add(path);
    setClosed(next);
  };
  if (data === undefined)
    return <p class={error === undefined ? "soft" : "error"}>{error ?? "Asking the broker …"}</p>;
  const tree = treeOf(data.topics);
  if (tree.length === 0)
    return (
      <Empty icon="mqtt" title="Nothing has been published">
        <p>A topic appears here with its first message.</p>
      </Empty>
    );
  return (
    <>
      <ul class="tree" aria-label="Topics">
        {tree.map((node) => (
          <Node key={node.name} node={node} closed={closed} onToggle={toggle} onPick={onPick} />
        ))}
      </ul>
      {data.truncated && <p class="soft small">There are more topics than are shown.</p>}
    </>
  );
}

interface NodeProps {
  readonly node: TopicNode;
  readonly closed: ReadonlySet<string>;
  readonly onToggle: (path: string) => void;
  readonly onPick: (topic: string) => void;
}

function Node({ node, closed, onToggle, onPick }: NodeProps) {
  const { name, path, topic, children, rate, size } = node;
  const isOpen = !closed.has(path);
  return (
    <li>
      <div class="topic">
        {children.length > 0 ? (
          <button
            type="button"
            class="fold"
            aria-expanded={isOpen}
            aria-label={`${path}, ${size} topics`}
            onClick={() => onToggle(path)}
          >
            <Icon name="chevron" size={14} />
          </button>
        ) : (
          <span class="fold" />
        )}
        {topic === undefined ? (
          <span class="level">{name || "(empty)"}</span>
        ) : (
          <button type="button" class="level link" title={`Publish to ${path}`} onClick={() => onPick(path)}>
            {name || "(empty)"}
          </button>
        )}
        {topic?.retained && (
          <span class="retained" title="A retained message: new subscribers get it at once">
            <Icon name="pin" size={13} />
            <span class="hidden">retained</span>
          </span>
        )}
        <span class="value">
          {topic === undefined ? (isOpen ? "" : `${size} topics`) : (topic.last ?? "")}
        </span>
        {topic !== undefined && <span class="soft small count">{short(topic.count)}×</span>}
        <span class="rate small">{rate > 0 ? `${short(rate)}/s` : ""}</span>
      </div>
      {isOpen && children.length > 0 && (
        <ul>
          {children.map((child) => (
            <Node key={child.name} node={child} closed={closed} onToggle={onToggle} onPick={onPick} />
          ))}
        </ul>
      )}
    </li>
  );
}
