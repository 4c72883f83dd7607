import type { LostEvents, TrafficEvent } from "../api/types.ts";
import { passes, passesService, type WireFilter } from "./filter.ts";
import { LaneAllocator, labelOf, othersLabel, type Peer } from "./lanes.ts";

/** A row of the diagram. Row numbers rise by one and are never reused. */
export type Row =
  | {
      readonly no: number;
      readonly is: "event";
      readonly event: TrafficEvent;
      readonly peer: Peer;
      /** The first row of a peer on a lane that others have used before. */
      readonly joins: boolean;
    }
  /** Events that the server did not send. */
  | { readonly no: number; readonly is: "gap"; readonly service: string; count: number };

export type EventRow = Extract<Row, { is: "event" }>;

/** Turns events into rows, the newest `capacity` of them. */
export class RowList {
  rows: Row[] = [];
  /** The time of the first row that there has been. */
  start: number | undefined;
  readonly lanes = new LaneAllocator();
  readonly #filter: WireFilter;
  readonly #capacity: number;
  /** Names that only later events tell, by conversation. */
  readonly #names: ReadonlyMap<string, string>;
  #next = 0;
  #lastSeq = -1;

  constructor(filter: WireFilter, capacity: number, names: ReadonlyMap<string, string> = new Map()) {
    this.#filter = filter;
    this.#capacity = capacity;
    this.#names = names;
  }

  /** The row of this number. */
  at(no: number): Row | undefined {
    return this.rows[no - (this.rows[0]?.no ?? 0)];
  }

  /** A row of this list or of another one, which had another filter; undefined where it is not among these rows. */
  find(row: Row): Row | undefined {
    if (this.at(row.no) === row) return row;
    if (row.is === "gap") return undefined;
    const { seq, time } = row.event;
    return this.rows.find(
      (each) => each.is === "event" && each.event.seq === seq && each.event.time === time,
    );
  }

  add(event: TrafficEvent): void {
    // A lower number means that the server was restarted, so all peers have disconnected.
    if (event.seq < this.#lastSeq) this.lanes.clear(Math.max(0, this.#next - 1));
    this.#lastSeq = event.seq;
    const { peer, joins } = this.lanes.place(event, this.#next);
    if (passes(event, this.#clientOf(event, peer), this.#filter))
      this.#push({ no: this.#next, is: "event", event, peer, joins });
    if (event.kind === "close") this.lanes.close(peer, Math.max(0, this.#next - 1));
  }

  addGap({ service, kind, count }: LostEvents): void {
    const { kinds } = this.#filter;
    if (!passesService(service, this.#filter)) return;
    // Other kinds, such as "slow-reader", cannot be filtered.
    if (
      ["open", "bytes", "message", "close", "segment"].includes(kind) &&
      !kinds.some((each) => each === kind)
    )
      return;
    const last = this.rows.at(-1);
    if (last?.is === "gap" && last.service === service) last.count += count;
    else this.#push({ no: this.#next, is: "gap", service, count });
  }

  #clientOf(event: TrafficEvent, { label }: Peer): string {
    const known = label === othersLabel ? labelOf(event) : label;
    return known === event.remote ? (this.#names.get(event.conversation) ?? known) : known;
  }

  /** Evicts in blocks, because each eviction moves the rows that stay. */
  #push(row: Row): void {
    this.rows.push(row);
    this.#next++;
    if (row.is === "event") this.start ??= row.event.time;
    if (this.rows.length < this.#capacity * 1.1) return;
    this.rows = this.rows.slice(-this.#capacity);
    this.lanes.evict(this.rows[0]?.no ?? 0);
  }
}
