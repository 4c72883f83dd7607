import type { LeftOut, TrafficEvent } from "../api/types.ts";
import type { WireFilter } from "./filter.ts";
import { RowList } from "./rows.ts";

/** Events and rows that are kept; older ones are forgotten, and counted. */
export const capacity = 5000;

type Item = { readonly event: TrafficEvent } | { readonly gap: LeftOut };

/** What has come over the wire, and the rows that the filter makes of it. While paused, rows stand still. */
export class WireFeed {
  list: RowList;
  /** Rises with every change: whoever draws compares it. */
  version = 0;
  received = 0;
  leftOut = 0;
  forgotten = 0;
  #items: Item[] = [];
  #waiting: Item[] = [];
  #filter: WireFilter;
  #isPaused = false;
  #last = { seq: -1, time: 0 };

  constructor(filter: WireFilter) {
    this.#filter = filter;
    this.list = new RowList(filter, capacity);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Events that have come since the pause. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(event: TrafficEvent): void {
    // A stream taken up again, or asked for with another filter, may tell the same once more.
    // What is told for the first time and yet has a lower number is from a server that has begun anew.
    if (event.seq <= this.#last.seq && event.time <= this.#last.time) return;
    this.#last = event;
    this.received++;
    this.#take({ event });
  }

  addLeftOut(gap: LeftOut): void {
    this.leftOut += gap.count;
    this.#take({ gap });
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.version++;
    if (isPaused) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const item of waiting) this.#show(item);
  }

  setFilter(filter: WireFilter): void {
    this.#filter = filter;
    this.list = new RowList(filter, capacity);
    for (const item of this.#items) this.#draw(item);
    this.version++;
  }

  /** Forgets everything. `again`: what is told next may have been told before. */
  clear(again = false): void {
    this.#items = [];
    this.#waiting = [];
    this.list = new RowList(this.#filter, capacity);
    this.leftOut = this.forgotten = this.received = 0;
    if (again) this.#last = { seq: -1, time: 0 };
    this.version++;
  }

  #take(item: Item): void {
    this.version++;
    if (!this.#isPaused) this.#show(item);
    else this.#waiting = this.#bounded(this.#waiting, item);
  }

  #show(item: Item): void {
    this.#items = this.#bounded(this.#items, item);
    this.#draw(item);
  }

  #bounded(items: Item[], item: Item): Item[] {
    items.push(item);
    if (items.length < capacity * 1.1) return items;
    this.forgotten += items.length - capacity;
    return items.slice(-capacity);
  }

  #draw(item: Item): void {
    if ("event" in item) this.list.add(item.event);
    else this.list.addGap(item.gap);
  }
}
