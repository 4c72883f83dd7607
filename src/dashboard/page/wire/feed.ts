import type { LostEvents, TrafficEvent } from "../api/types.ts";
import { ConnectionLog } from "./connections.ts";
import type { WireFilter } from "./filter.ts";
import { nameOf } from "./lanes.ts";
import { RowList } from "./rows.ts";

/** Events and rows that are kept; older ones are evicted and counted. */
export const capacity = 5000;

type Item = { readonly event: TrafficEvent } | { readonly gap: LostEvents };

/** The received events, and the rows of those that pass the filter. While paused, new events are queued. */
export class WireFeed {
  list: RowList;
  connections = new ConnectionLog();
  /** Increases with every change, so that a view knows when to render. */
  version = 0;
  received = 0;
  lost = 0;
  evicted = 0;
  #items: Item[] = [];
  #queued: Item[] = [];
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

  /** Events received since the pause. */
  get queued(): number {
    return this.#queued.length;
  }

  add(event: TrafficEvent): void {
    // A stream that reconnects or has another filter may repeat events. A lower number with a later time is not a
    // repetition: the server was restarted.
    if (event.seq <= this.#last.seq && event.time <= this.#last.time) return;
    this.#last = event;
    this.received++;
    this.#receive({ event });
  }

  addLost(gap: LostEvents): void {
    this.lost += gap.count;
    this.#receive({ gap });
  }

  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.version++;
    if (isPaused) return;
    const queued = this.#queued;
    this.#queued = [];
    for (const item of queued) this.#show(item);
  }

  setFilter(filter: WireFilter): void {
    this.#filter = filter;
    this.list = new RowList(filter, capacity, namesIn(this.#items));
    for (const item of this.#items) this.#addRow(item);
    this.version++;
  }

  /** Removes everything. @param acceptRepeated accept events that were received before */
  clear(acceptRepeated = false): void {
    this.#items = [];
    this.#queued = [];
    this.list = new RowList(this.#filter, capacity);
    this.connections = new ConnectionLog();
    this.lost = this.evicted = this.received = 0;
    if (acceptRepeated) this.#last = { seq: -1, time: 0 };
    this.version++;
  }

  #receive(item: Item): void {
    this.version++;
    if (!this.#isPaused) this.#show(item);
    else this.#queued = this.#bounded(this.#queued, item);
  }

  #show(item: Item): void {
    this.#items = this.#bounded(this.#items, item);
    if ("event" in item) this.connections.add(item.event);
    this.#addRow(item);
  }

  #bounded(items: Item[], item: Item): Item[] {
    items.push(item);
    if (items.length < capacity * 1.1) return items;
    this.evicted += items.length - capacity;
    return items.slice(-capacity);
  }

  #addRow(item: Item): void {
    if ("event" in item) this.list.add(item.event);
    else this.list.addGap(item.gap);
  }
}

/** The names of peers, by conversation: the rows before a peer has said its name are found by it, too. */
function namesIn(items: readonly Item[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const item of items) {
    const name = "event" in item ? nameOf(item.event) : undefined;
    if ("event" in item && name !== undefined) names.set(item.event.conversation, name);
  }
  return names;
}
