import type { LostEvents, TrafficEvent } from "../api/types.ts";
import { passes, type WireFilter } from "./filter.ts";
import { LaneAllocator, type Peer } from "./lanes.ts";

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

/** Turns events into rows, the newest `capacity` of them. */
export class RowList {
  rows: Row[] = [];
  readonly lanes = new LaneAllocator();
  readonly #filter: WireFilter;
  readonly #capacity: number;
  #next = 0;
  #lastSeq = -1;

  constructor(filter: WireFilter, capacity: number) {
    this.#filter = filter;
    this.#capacity = capacity;
  }

  add(event: TrafficEvent): void {
    // A lower number means that the server was restarted, so all peers have disconnected.
    if (event.seq < this.#lastSeq) this.lanes.clear(Math.max(0, this.#next - 1));
    this.#lastSeq = event.seq;
    const { peer, joins } = this.lanes.place(event, this.#next);
    if (passes(event, peer.label, this.#filter))
      this.#push({ no: this.#next, is: "event", event, peer, joins });
    if (event.kind === "close") this.lanes.close(peer, Math.max(0, this.#next - 1));
  }

  addGap({ service, kind, count }: LostEvents): void {
    const { services, kinds } = this.#filter;
    if (services.length > 0 && !services.includes(service)) return;
    // Other kinds, such as "slow-reader", cannot be filtered.
    if (["open", "bytes", "message", "close"].includes(kind) && !kinds.some((each) => each === kind)) return;
    const last = this.rows.at(-1);
    if (last?.is === "gap" && last.service === service) last.count += count;
    else this.#push({ no: this.#next, is: "gap", service, count });
  }

  /** Evicts in blocks, because each eviction moves the rows that stay. */
  #push(row: Row): void {
    this.rows.push(row);
    this.#next++;
    if (this.rows.length < this.#capacity * 1.1) return;
    this.rows = this.rows.slice(-this.#capacity);
    this.lanes.evict(this.rows[0]?.no ?? 0);
  }
}
