import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import type { TrafficKind } from "../api/types.ts";
import { Icon } from "../components/icons.tsx";
import { filterMistake } from "../mqtt/filter-mistake.ts";
import { useTone } from "../state/lab.ts";
import { texts } from "../text/language.ts";
import { formatAddress, isUsual } from "./address.ts";
import { allTraffic, type WireFilter } from "./filter.ts";

const words = texts({
  en: {
    search: "Search in messages",
    filter: "Filter",
    filters: (count: number) => (count === 0 ? "Filter" : `Filter, ${count} set`),
    shown: "What is shown",
    client: "Client",
    clientHint: "id or address",
    topic: "Topic",
    everything: "Show everything",
    services: "Services",
    kinds: "Kinds",
    messages: "messages",
    connections: "opens and closes",
    bytes: "raw bytes",
  },
  id: {
    search: "Cari dalam pesan",
    filter: "Filter",
    filters: (count) => (count === 0 ? "Filter" : `Filter, ${count} dipasang`),
    shown: "Yang ditampilkan",
    client: "Klien",
    clientHint: "id atau alamat",
    topic: "Topic",
    everything: "Tampilkan semua",
    services: "Layanan",
    kinds: "Jenis",
    messages: "pesan",
    connections: "buka dan tutup",
    bytes: "byte mentah",
  },
});

interface FilterBarProps {
  readonly filter: WireFilter;
  readonly onChange: (filter: WireFilter) => void;
  readonly order: readonly string[];
  readonly search: RefObject<HTMLInputElement | null>;
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
}

/** The search field, and a button that opens the other filters and shows how many are set. */
export function FilterBar({ filter, onChange, order, search, isOpen, onOpen }: FilterBarProps) {
  const set = (part: Partial<WireFilter>) => onChange({ ...filter, ...part });
  const count = activeCount(filter);
  return (
    <>
      <input
        ref={search}
        class="search"
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        value={filter.text}
        onInput={(event) => set({ text: event.currentTarget.value })}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <button
        type="button"
        aria-label={words.filters(count)}
        aria-expanded={isOpen}
        aria-controls="wire-filters"
        onClick={() => onOpen(!isOpen)}
      >
        <Icon name="filter" />
        <span class="wide-only">{words.filter}</span>
        {count > 0 && <span class="badge">{count}</span>}
      </button>
      {isOpen && (
        <fieldset
          id="wire-filters"
          class="filters"
          onKeyDown={(event) => event.key === "Escape" && onOpen(false)}
        >
          <legend class="hidden">{words.shown}</legend>
          <ServiceChoice order={order} chosen={filter.services} onChange={(services) => set({ services })} />
          <label>
            {words.client}
            <input
              value={filter.client}
              placeholder={words.clientHint}
              onInput={(event) => set({ client: event.currentTarget.value })}
            />
          </label>
          <TopicField topic={filter.topic} onChange={(topic) => set({ topic })} />
          <KindChoice kinds={filter.kinds} onChange={(kinds) => set({ kinds })} />
          <button
            type="button"
            disabled={formatAddress({ filter, range: undefined }) === ""}
            onClick={() => onChange(allTraffic)}
          >
            {words.everything}
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
    <fieldset class="choice" aria-label={words.services}>
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
  // Not later: it would take away what is typed meanwhile.
  useLayoutEffect(() => setTyped(topic), [topic]);
  const error = typed === "" ? undefined : filterMistake(typed);
  const type = (text: string) => {
    setTyped(text);
    if (text === "" || filterMistake(text) === undefined) onChange(text);
  };
  return (
    <label>
      {words.topic}
      <input
        value={typed}
        placeholder="sister/#"
        aria-invalid={error !== undefined}
        onInput={(event) => type(event.currentTarget.value)}
      />
      {error !== undefined && <span class="error small">{error}</span>}
    </label>
  );
}

const kindsOf = {
  messages: ["message"],
  connections: ["open", "close"],
  bytes: ["bytes"],
} as const satisfies Record<string, readonly TrafficKind[]>;

function KindChoice({
  kinds,
  onChange,
}: {
  kinds: readonly TrafficKind[];
  onChange: (kinds: TrafficKind[]) => void;
}) {
  return (
    <fieldset class="choice" aria-label={words.kinds}>
      {(["messages", "connections", "bytes"] as const).map((name) => {
        const members: readonly TrafficKind[] = kindsOf[name];
        const isOn = members.every((kind) => kinds.includes(kind));
        const next = isOn ? kinds.filter((kind) => !members.includes(kind)) : [...kinds, ...members];
        return (
          <button key={name} type="button" class="toggle" aria-pressed={isOn} onClick={() => onChange(next)}>
            {words[name]}
          </button>
        );
      })}
    </fieldset>
  );
}

function activeCount({ services, client, topic, kinds }: WireFilter): number {
  return [services.length > 0, client !== "", topic !== "", !isUsual(kinds)].filter(Boolean).length;
}
