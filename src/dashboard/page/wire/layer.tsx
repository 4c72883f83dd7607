import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface LayerProps {
  readonly title: string;
  /** Folded until somebody opens it. */
  readonly isFolded?: boolean;
  /** What it says when it is folded. */
  readonly summary?: string;
  readonly children: ComponentChildren;
}

/** Whether each layer is open, by its title: the next message has the same ones. */
const openLayers = new Map<string, boolean>();

/** A part of the details that can be folded, as one layer of a protocol. */
export function Layer({ title, isFolded = false, summary, children }: LayerProps) {
  const [isOpen, setOpen] = useState(openLayers.get(title) ?? !isFolded);
  const toggle = (open: boolean) => {
    openLayers.set(title, open);
    setOpen(open);
  };
  return (
    <details class="layer" open={isOpen} onToggle={(event) => toggle(event.currentTarget.open)}>
      <summary>
        <h3>{title}</h3>
        {summary !== undefined && <span class="soft">{summary}</span>}
      </summary>
      {children}
    </details>
  );
}

/** Names and values. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: string])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
