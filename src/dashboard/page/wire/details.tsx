import { useMemo } from "preact/hooks";
import { Icon } from "../components/icons.tsx";
import { services, useTone } from "../state/lab.ts";
import { useStore } from "../state/use-store.ts";
import { clock, milliseconds } from "../text/format.ts";
import { language, texts } from "../text/language.ts";
import { shared } from "../text/words.ts";
import { connectionFacts, connectionSummary } from "./connection-facts.ts";
import type { ConnectionLog } from "./connections.ts";
import type { WireFilter } from "./filter.ts";
import { FollowButtons } from "./follow-buttons.tsx";
import { describeEvent } from "./labels.ts";
import { Facts, Layer } from "./layer.tsx";
import { MessageBytes } from "./message-bytes.tsx";
import { NoteEditor } from "./note-editor.tsx";
import { type Note, noteKey } from "./notes.ts";
import type { EventRow } from "./rows.ts";

const words = texts({
  en: {
    label: "The chosen message",
    connection: "Connection",
    in: "to the service",
    out: "from the service",
    after: (time: string) => `after ${time} ms`,
  },
  id: {
    label: "Pesan yang dipilih",
    connection: "Koneksi",
    in: "ke layanan",
    out: "dari layanan",
    after: (time) => `setelah ${time} ms`,
  },
});

interface DetailsProps {
  readonly row: EventRow;
  readonly connections: ConnectionLog;
  readonly filter: WireFilter;
  readonly onFollow: (part: Partial<WireFilter>) => void;
  /** The colour of its service; absent: as on the other pages. */
  readonly tone?: number;
  readonly note: Note | undefined;
  readonly onNote: (note: Note) => void;
  readonly onClose: () => void;
}

/** All data of one message, layer by layer: its connection, its protocol, its bytes. */
export function Details({ row, connections, filter, onFollow, tone, note, onNote, onClose }: DetailsProps) {
  const { event, peer } = row;
  const usualTone = useTone();
  const toneClass = tone === undefined ? usualTone(event.service) : `tone-${tone}`;
  const spoken = useStore(language);
  const role = useStore(services)?.find(({ name }) => name === event.service)?.role;
  const connection = connections.get(event.conversation);
  const version = connection?.version;
  // The page renders with every frame while messages come, and the bytes of a message stay the same.
  const bytes = useMemo(
    () => <MessageBytes key={event.seq} event={event} context={{ role, version }} />,
    [event, role, version, spoken],
  );
  return (
    <aside class={`details ${toneClass}`} aria-label={words.label}>
      <header>
        <h2 class={`chip ${toneClass}`}>{event.service}</h2>
        <span class="soft small">{whenWords(row)}</span>
        <button type="button" class="icon details-close" aria-label={shared.close} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <p class="quote">{event.text ?? describeEvent(event, peer.label)}</p>
      <FollowButtons row={row} filter={filter} onFollow={onFollow} />
      <NoteEditor key={noteKey(event)} note={note} onNote={onNote} />
      <Layer title={words.connection} isFolded summary={connectionSummary(event, connection)}>
        <Facts facts={connectionFacts(event, peer, connection)} />
      </Layer>
      {bytes}
    </aside>
  );
}

function whenWords({ event: { time, direction, duration } }: EventRow): string {
  const way = direction && words[direction];
  const after = duration === undefined ? undefined : words.after(milliseconds(duration));
  return [clock(time), way, after].filter((word) => word !== undefined).join(", ");
}
