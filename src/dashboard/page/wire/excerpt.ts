import type { Lane, Peer } from "./lanes.ts";
import type { LaneBook } from "./layout.ts";
import { type Note, type Notes, noteKey } from "./notes.ts";
import type { Row } from "./rows.ts";
import { type TimeMode, type TimeOf, timeIn } from "./times.ts";

/** The rows to export. */
export interface Excerpt {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly lanes: LaneBook;
  readonly timeOf: TimeOf;
  /** The notes of these rows, by the numbers of their rows. */
  readonly notes: ReadonlyMap<number, Note>;
  /** From the first row to the last, in milliseconds since 1970; undefined without a row that has a time. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
}

export interface ExcerptOptions {
  readonly timeMode?: TimeMode;
  readonly notes?: Notes;
}

/** Copies rows and their lanes, which stay in the page's order. So what is saved is what the preview shows. */
export function excerpt(
  title: string,
  rows: readonly Row[],
  { timeMode = "clock", notes = new Map() }: ExcerptOptions = {},
): Excerpt {
  const copies = new LaneCopies();
  const copied = rows.map((row) => (row.is === "gap" ? { ...row } : { ...row, peer: copies.peer(row.peer) }));
  const times = rows.flatMap((row) => (row.is === "gap" ? [] : [row.event.time]));
  const [from, to] = [times[0], times.at(-1)];
  return {
    title,
    rows: copied,
    lanes: copies,
    timeOf: timeIn(timeMode, copied, from ?? 0),
    notes: notesOf(rows, notes),
    span: from === undefined || to === undefined ? undefined : { from, to },
  };
}

function notesOf(rows: readonly Row[], notes: Notes): Map<number, Note> {
  const found = new Map<number, Note>();
  for (const row of rows) {
    const note = row.is === "event" ? notes.get(noteKey(row.event)) : undefined;
    if (note !== undefined) found.set(row.no, note);
  }
  return found;
}

/** The lanes with those of their peers that talk in the excerpt. */
class LaneCopies implements LaneBook {
  readonly #lanes = new Map<Lane, Lane>();
  readonly #peers = new Map<Peer, Peer>();

  peer(peer: Peer): Peer {
    const known = this.#peers.get(peer);
    if (known !== undefined) return known;
    const lane = this.#lane(peer.lane);
    const copy = { ...peer, lane };
    lane.peers.push(copy);
    this.#peers.set(peer, copy);
    return copy;
  }

  lanes(service: string): readonly Lane[] {
    const own = [...this.#lanes.values()].filter((lane) => lane.service === service);
    return own.sort((one, other) => one.place - other.place);
  }

  #lane(lane: Lane): Lane {
    const known = this.#lanes.get(lane);
    if (known !== undefined) return known;
    const { service, place } = lane;
    const copy = { service, place, peers: [] };
    this.#lanes.set(lane, copy);
    return copy;
  }
}
