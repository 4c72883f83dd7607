import { type RecordedEvent, weightOf } from "./recorded-event.ts";

/** The last events of one service, oldest first. */
export class EventRing {
  /** From `#first` on; what is before it is cut off now and then. */
  #events: RecordedEvent[] = [];
  #first = 0;
  #bytes = 0;
  #forgotten = 0;

  get count(): number {
    return this.#events.length - this.#first;
  }

  /** What its events weigh. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the latest event that is not kept any more; 0 when none was forgotten. */
  get forgotten(): number {
    return this.#forgotten;
  }

  push(event: RecordedEvent): void {
    this.#events.push(event);
    this.#bytes += weightOf(event);
  }

  forgetOldest(): void {
    const oldest = this.#events[this.#first];
    if (oldest === undefined) return;
    this.#first++;
    this.#bytes -= weightOf(oldest);
    this.#forgotten = oldest.seq;
    // Cutting one off at a time would move all the others each time.
    if (this.#first < 1000 && this.count > 0) return;
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }

  /** The last `limit` events that are newer than `after` and wanted, newest first. */
  last(limit: number, isWanted: (event: RecordedEvent) => boolean, after: number): RecordedEvent[] {
    const found: RecordedEvent[] = [];
    for (let at = this.#events.length - 1; at >= this.#first && found.length < limit; at--) {
      const event = this.#events[at];
      if (event === undefined || event.seq <= after) break;
      if (isWanted(event)) found.push(event);
    }
    return found;
  }
}
