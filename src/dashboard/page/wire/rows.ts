import type { LeftOut, TrafficEvent } from "../api/types.ts";
import { passes, type WireFilter } from "./filter.ts";
import { LaneBook, type Occupant } from "./lanes.ts";

/** One line of the diagram. Numbers rise by one from row to row, and are never used again. */
export type Row =
  | { readonly no: number; readonly is: "event"; readonly event: TrafficEvent; readonly occupant: Occupant }
  /** Somebody new on a lane whose opening is not among the rows. */
  | { readonly no: number; readonly is: "join"; readonly event: TrafficEvent; readonly occupant: Occupant }
  /** Here the server left something out. */
  | { readonly no: number; readonly is: "gap"; readonly service: string; count: number };

/** Turns events into rows, the newest `capacity` of them. */
export class RowList {
  rows: Row[] = [];
  readonly lanes = new LaneBook();
  readonly #filter: WireFilter;
  readonly #capacity: number;
  #next = 0;
  #lastSeq = -1;

  constructor(filter: WireFilter, capacity: number) {
    this.#filter = filter;
    this.#capacity = capacity;
  }

  add(event: TrafficEvent): void {
    // The numbers begin anew with the server: nobody who was there before is there still.
    if (event.seq < this.#lastSeq) this.lanes.clear(Math.max(0, this.#next - 1));
    this.#lastSeq = event.seq;
    const { occupant, joins } = this.lanes.place(event, this.#next);
    if (passes(event, occupant.label, this.#filter)) {
      if (joins && event.kind !== "open") this.#push({ no: this.#next, is: "join", event, occupant });
      this.#push({ no: this.#next, is: "event", event, occupant });
    }
    if (event.kind === "close") this.lanes.close(occupant, Math.max(0, this.#next - 1));
  }

  addGap({ service, kind, count }: LeftOut): void {
    const { services, kinds } = this.#filter;
    if (services.length > 0 && !services.includes(service)) return;
    // "slow-reader" is of no kind that could be filtered.
    if (["open", "bytes", "message", "close"].includes(kind) && !kinds.some((each) => each === kind)) return;
    const last = this.rows.at(-1);
    if (last?.is === "gap" && last.service === service) last.count += count;
    else this.#push({ no: this.#next, is: "gap", service, count });
  }

  /** Cut in blocks, because cutting moves everything that stays. */
  #push(row: Row): void {
    this.rows.push(row);
    this.#next++;
    if (this.rows.length < this.#capacity * 1.1) return;
    this.rows = this.rows.slice(-this.#capacity);
    this.lanes.forget(this.rows[0]?.no ?? 0);
  }
}
