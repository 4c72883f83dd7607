import { Icon } from "../components/icons.tsx";
import { clock } from "../text/format.ts";
import { texts } from "../text/language.ts";
import type { TimeRange, WireAddress } from "./address.ts";
import type { LaneName, WireFilter } from "./filter.ts";
import { threadName } from "./threads.ts";

const words = texts({
  en: {
    label: "What is followed",
    lane: "Only lane",
    allLanes: "Show all lanes",
    connection: "Only connection",
    allConnections: "Show all connections",
    topic: "Only topic",
    allTopics: "Show all topics",
    time: "Time",
    allTimes: "Forget the time range",
    chip: (kind: string, name: string, undo: string) => `${kind} ${name}. ${undo}.`,
  },
  id: {
    label: "Yang diikuti",
    lane: "Hanya jalur",
    allLanes: "Tampilkan semua jalur",
    connection: "Hanya koneksi",
    allConnections: "Tampilkan semua koneksi",
    topic: "Hanya topic",
    allTopics: "Tampilkan semua topic",
    time: "Waktu",
    allTimes: "Lupakan rentang waktu",
    chip: (kind, name, undo) => `${kind} ${name}. ${undo}.`,
  },
});

interface ChipsProps {
  readonly filter: WireFilter;
  readonly range: TimeRange | undefined;
  readonly onChange: (part: Partial<WireAddress>) => void;
}

/** What is followed and which time is chosen; a click removes it. */
export function Chips({ filter, range, onChange }: ChipsProps) {
  const { lane, connection, topic } = filter;
  const drop = (part: Partial<WireFilter>) => () => onChange({ filter: { ...filter, ...part } });
  if (lane === undefined && connection === "" && topic === "" && range === undefined) return null;
  return (
    <fieldset class="wire-chips" aria-label={words.label}>
      {lane && (
        <Chip
          kind={words.lane}
          name={laneWords(lane)}
          undo={words.allLanes}
          onClick={drop({ lane: undefined })}
        />
      )}
      {connection !== "" && (
        <Chip
          kind={words.connection}
          name={connection}
          undo={words.allConnections}
          onClick={drop({ connection: "" })}
        />
      )}
      {topic !== "" && (
        <Chip kind={words.topic} name={topic} undo={words.allTopics} onClick={drop({ topic: "" })} />
      )}
      {range && (
        <Chip
          kind={words.time}
          name={`${clock(range.from)} – ${clock(range.to)}`}
          undo={words.allTimes}
          onClick={() => onChange({ range: undefined })}
        />
      )}
    </fieldset>
  );
}

/** `sensor-7 · mqtt` */
export const laneWords = ({ peer, service, thread }: LaneName): string =>
  peer === "" ? threadName(service, thread) : `${peer} · ${service}`;

interface ChipProps {
  readonly kind: string;
  readonly name: string;
  /** What a click does. */
  readonly undo: string;
  readonly onClick: () => void;
}

function Chip({ kind, name, undo, onClick }: ChipProps) {
  return (
    <button
      type="button"
      class="wire-chip"
      aria-label={words.chip(kind, name, undo)}
      title={undo}
      onClick={onClick}
    >
      <span class="soft">{kind}</span> <span class="wire-chip-words">{name}</span>
      <Icon name="close" size={14} />
    </button>
  );
}
