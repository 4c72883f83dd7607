import { heldBytes, type RecordedEvent } from "./recorded-event.ts";

/** The last events of one service, oldest first. */
export class EventRing {
  /** The events from `#first` on. Those before it have been evicted and are cut off from time to time. */
  #events: RecordedEvent[] = [];
  #first = 0;
  #bytes = 0;
  #lastEvicted = 0;

  get count(): number {
    return this.#events.length - this.#first;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the latest event that was evicted; 0 when there was none. */
  get lastEvicted(): number {
    return this.#lastEvicted;
  }

  push(event: RecordedEvent): void {
    this.#events.push(event);
    this.#bytes += heldBytes(event);
  }

  evictOldest(): void {
    const oldest = this.#events[this.#first];
    if (oldest === undefined) return;
    this.#first++;
    this.#bytes -= heldBytes(oldest);
    this.#lastEvicted = oldest.seq;
    // Removing one at a time from the array would move all the others each time.
    if (this.#first < 1000 && this.count > 0) return;
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }

  /** The last `limit` matching events with numbers above `after`, newest first. */
  last(limit: number, matches: (event: RecordedEvent) => boolean, after: number): RecordedEvent[] {
    const found: RecordedEvent[] = [];
    for (let at = this.#events.length - 1; at >= this.#first && found.length < limit; at--) {
      const event = this.#events[at];
      if (event === undefined || event.seq <= after) break;
      if (matches(event)) found.push(event);
    }
    return found;
  }
}
