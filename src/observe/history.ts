import type { TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { type RecordedEvent, recordEvent, weightOf } from "./recorded-event.ts";
import type { Appetite, Observer } from "./traffic-hub.ts";

/** One who looks on while it happens. */
export interface Watcher {
  /** What it wants to see; nothing else is recorded for it. */
  readonly kinds: ReadonlySet<TrafficKind>;
  event(event: RecordedEvent): void;
  leftOut(service: string, kind: TrafficKind, count: number): void;
}

export interface HistoryOptions {
  /** Recorded while nobody watches: what is built for the log anyway costs next to nothing to keep. */
  readonly idle: Appetite;
  readonly now?: () => number;
  /** Called when the appetite has changed. */
  readonly changed?: () => void;
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

/** What watchers are shown a second and service: more than anyone can follow, less than slows a broker down. */
const watched: Readonly<Record<TrafficKind, number>> = { open: 500, message: 2000, close: 500, bytes: 500 };

/**
 * The last events, bounded in number and bytes, and those who watch new ones arrive. While nobody does, it takes no
 * more than the log, so that not a single event is built for its sake; the first watcher raises the appetite to a
 * sample that suits a live picture, and the last one that leaves takes it back.
 */
export class History implements Observer {
  readonly #options: Required<HistoryOptions>;
  readonly #watchers = new Set<Watcher>();
  /** Oldest first, from `#first` on; what is before it is cut off now and then. */
  #events: RecordedEvent[] = [];
  #first = 0;
  #bytes = 0;
  #seq = 0;
  appetite: Appetite;

  constructor(options: HistoryOptions) {
    this.#options = { now: Date.now, changed: () => {}, maxEvents: 1000, maxBytes: 1024 * 1024, ...options };
    this.appetite = options.idle;
  }

  observe(event: TrafficEvent): void {
    const recorded = recordEvent(event, ++this.#seq, this.#options.now());
    this.#events.push(recorded);
    this.#bytes += weightOf(recorded);
    this.#forget();
    for (const watcher of this.#watchers) if (watcher.kinds.has(event.kind)) watcher.event(recorded);
  }

  leftOut(service: string, kind: TrafficKind, count: number): void {
    for (const watcher of this.#watchers) {
      if (watcher.kinds.has(kind)) watcher.leftOut(service, kind, count);
    }
  }

  /** The number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** The last `limit` events that are newer than `after` and wanted, oldest first. */
  past(limit: number, isWanted: (event: RecordedEvent) => boolean, after = 0): RecordedEvent[] {
    const found: RecordedEvent[] = [];
    for (let at = this.#events.length - 1; at >= this.#first && found.length < limit; at--) {
      const event = this.#events[at];
      if (event === undefined || event.seq <= after) break;
      if (isWanted(event)) found.push(event);
    }
    return found.reverse();
  }

  /** @returns how to stop watching */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    this.#adjust();
    return () => {
      if (this.#watchers.delete(watcher)) this.#adjust();
    };
  }

  #adjust(): void {
    const wanted = new Set([...this.#watchers].flatMap(({ kinds }) => [...kinds]));
    const appetite: Partial<Record<TrafficKind, number>> = { ...this.#options.idle };
    for (const kind of wanted) appetite[kind] = Math.max(appetite[kind] ?? 0, watched[kind]);
    this.appetite = appetite;
    this.#options.changed();
  }

  #forget(): void {
    const { maxEvents, maxBytes } = this.#options;
    while (this.#events.length - this.#first > maxEvents || this.#bytes > maxBytes) {
      const oldest = this.#events[this.#first++];
      if (oldest !== undefined) this.#bytes -= weightOf(oldest);
    }
    // Cutting one off at a time would move all the others each time.
    if (this.#first < maxEvents) return;
    this.#events = this.#events.slice(this.#first);
    this.#first = 0;
  }
}
