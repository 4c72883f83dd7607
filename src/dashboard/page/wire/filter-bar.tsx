import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { topicFilterMistake } from "../../../protocol/mqtt/topic.ts";
import type { TrafficKind } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { useTone } from "../state/lab.ts";
import { allTraffic, type WireFilter } from "./filter.ts";

interface FilterBarProps {
  readonly filter: WireFilter;
  readonly onChange: (filter: WireFilter) => void;
  readonly order: readonly string[];
  readonly search: RefObject<HTMLInputElement | null>;
}

/** The search field, and a button that opens the other filters and shows how many are set. */
export function FilterBar({ filter, onChange, order, search }: FilterBarProps) {
  const [isOpen, setOpen] = useState(false);
  const set = (part: Partial<WireFilter>) => onChange({ ...filter, ...part });
  const count = activeCount(filter);
  return (
    <>
      <input
        ref={search}
        class="search"
        type="search"
        aria-label="Search in messages"
        placeholder="Search in messages"
        value={filter.text}
        onInput={(event) => set({ text: event.currentTarget.value })}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls="wire-filters"
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="filter" />
        <span class="wide-only">Filter</span>
        {count > 0 && <span class="badge">{count}</span>}
      </button>
      {isOpen && (
        <fieldset id="wire-filters" class="filters">
          <legend class="hidden">What is shown</legend>
          <ServiceChoice order={order} chosen={filter.services} onChange={(services) => set({ services })} />
          <label>
            Client
            <input
              value={filter.client}
              placeholder="id or address"
              onInput={(event) => set({ client: event.currentTarget.value })}
            />
          </label>
          <TopicField topic={filter.topic} onChange={(topic) => set({ topic })} />
          <KindChoice kinds={filter.kinds} onChange={(kinds) => set({ kinds })} />
          <button
            type="button"
            disabled={count === 0 && filter.text === ""}
            onClick={() => onChange(allTraffic)}
          >
            Show everything
          </button>
        </fieldset>
      )}
    </>
  );
}

function ServiceChoice({
  order,
  chosen,
  onChange,
}: {
  order: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
}) {
  const tone = useTone();
  const toggle = (name: string) =>
    onChange(chosen.includes(name) ? chosen.filter((other) => other !== name) : [...chosen, name]);
  return (
    <fieldset class="choice" aria-label="Services">
      {order.map((name) => (
        <button
          key={name}
          type="button"
          class={`toggle ${tone(name)}`}
          aria-pressed={chosen.includes(name)}
          onClick={() => toggle(name)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** Applies the text only while it is a valid MQTT topic filter. */
function TopicField({ topic, onChange }: { topic: string; onChange: (topic: string) => void }) {
  const [typed, setTyped] = useState(topic);
  const error = typed === "" ? undefined : topicFilterMistake(typed);
  const type = (text: string) => {
    setTyped(text);
    if (text === "" || topicFilterMistake(text) === undefined) onChange(text);
  };
  return (
    <label>
      Topic
      <input
        value={topic === "" && error === undefined ? "" : typed}
        placeholder="sister/#"
        aria-invalid={error !== undefined}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {error !== undefined && <span class="error small">{error}</span>}
    </label>
  );
}

const kindNames: readonly (readonly [string, readonly TrafficKind[]])[] = [
  ["messages", ["message"]],
  ["opens and closes", ["open", "close"]],
  ["raw bytes", ["bytes"]],
];

function KindChoice({
  kinds,
  onChange,
}: {
  kinds: readonly TrafficKind[];
  onChange: (kinds: TrafficKind[]) => void;
}) {
  return (
    <fieldset class="choice" aria-label="Kinds">
      {kindNames.map(([name, members]) => {
        const isOn = members.every((kind) => kinds.includes(kind));
        const next = isOn ? kinds.filter((kind) => !members.includes(kind)) : [...kinds, ...members];
        return (
          <button key={name} type="button" class="toggle" aria-pressed={isOn} onClick={() => onChange(next)}>
            {name}
          </button>
        );
      })}
    </fieldset>
  );
}

function activeCount({ services, client, topic, kinds }: WireFilter): number {
  const isDefault =
    kinds.length === allTraffic.kinds.length && allTraffic.kinds.every((kind) => kinds.includes(kind));
  return [services.length > 0, client !== "", topic !== "", !isDefault].filter(Boolean).length;
}
