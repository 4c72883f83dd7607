import type { TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { EventRing } from "./event-ring.ts";
import { maxRates, type Observer, type SampleRates } from "./observer.ts";
import { type RecordedEvent, recordEvent } from "./recorded-event.ts";

/** Receives events as they are recorded, e.g. for a reader of the admin API. */
export interface EventSubscriber {
  /** The kinds of events that are sampled for it. */
  readonly kinds: ReadonlySet<TrafficKind>;
  /** The services whose events it gets; absent: all. */
  readonly services?: ReadonlySet<string> | undefined;
  onEvent(event: RecordedEvent): void;
  onSampledOut(service: string, kind: TrafficKind, count: number): void;
}

export interface HistoryOptions {
  /** The rates without subscribers, so that the first one finds some past events. */
  readonly idle?: SampleRates;
  readonly now?: () => number;
  /** Called when the rates have changed. */
  readonly onRatesChange?: () => void;
  /** Of each service. */
  readonly maxEvents?: number;
  /** Of all services together. */
  readonly maxBytes?: number;
}

/** As few as the log takes, so that a busy service is not slowed down. */
const idleRates: SampleRates = { open: 20, message: 20, close: 20 };

/** The rates with subscribers: more than a person can follow, less than slows a broker down. */
const liveRates: SampleRates = { open: 500, message: 2000, close: 500, bytes: 500 };

/**
 * Records the last events, bounded in number and bytes, and passes new ones to subscribers. Subscribers raise the
 * sample rates of their services, until the last one has unsubscribed. Each service has its own ring buffer, so that a
 * busy one does not evict the events of the others.
 */
export class History implements Observer {
  readonly #options: Required<HistoryOptions>;
  readonly #subscribers = new Set<EventSubscriber>();
  readonly #rings = new Map<string, EventRing>();
  /** Identifies this run of the server, because the numbers start again with each run. */
  readonly run: string = crypto.randomUUID().slice(0, 8);
  #bytes = 0;
  #seq = 0;
  /** The highest rates of any service. */
  rates: SampleRates;

  constructor(options: HistoryOptions = {}) {
    this.#options = {
      idle: idleRates,
      now: Date.now,
      onRatesChange: () => {},
      maxEvents: 1000,
      maxBytes: 1024 * 1024,
      ...options,
    };
    this.rates = this.#options.idle;
  }

  ratesFor(service: string): SampleRates {
    return this.#ratesWith([...this.#subscribers].filter((subscriber) => takes(subscriber, service)));
  }

  observe(event: TrafficEvent): void {
    const { service } = event.conversation;
    const recorded = recordEvent(event, ++this.#seq, this.#options.now());
    this.#record(service, recorded);
    for (const subscriber of this.#subscribers) {
      if (subscriber.kinds.has(event.kind) && takes(subscriber, service)) subscriber.onEvent(recorded);
    }
  }

  sampledOut(service: string, kind: TrafficKind, count: number): void {
    for (const subscriber of this.#subscribers) {
      if (subscriber.kinds.has(kind) && takes(subscriber, service)) {
        subscriber.onSampledOut(service, kind, count);
      }
    }
  }

  /** The number of the latest event. */
  get seq(): number {
    return this.#seq;
  }

  /** How many there are. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** The last `limit` matching events with numbers above `after`, oldest first. */
  recent(limit: number, matches: (event: RecordedEvent) => boolean, after = 0): RecordedEvent[] {
    const found = [...this.#rings.values()].flatMap((ring) => ring.last(limit, matches, after));
    found.sort((one, other) => other.seq - one.seq);
    return found.slice(0, limit).reverse();
  }

  /** Whether events with numbers above `after` have been evicted, of the given services. */
  hasEvicted(after: number, isIncluded: (service: string) => boolean = () => true): boolean {
    return [...this.#rings].some(([service, ring]) => ring.lastEvicted > after && isIncluded(service));
  }

  /** @returns how to unsubscribe */
  subscribe(subscriber: EventSubscriber): () => void {
    this.#subscribers.add(subscriber);
    this.#updateRates();
    return () => {
      if (this.#subscribers.delete(subscriber)) this.#updateRates();
    };
  }

  #updateRates(): void {
    this.rates = this.#ratesWith([...this.#subscribers]);
    this.#options.onRatesChange();
  }

  #ratesWith(subscribers: readonly EventSubscriber[]): SampleRates {
    const kinds = new Set(subscribers.flatMap((subscriber) => [...subscriber.kinds]));
    const live = Object.fromEntries([...kinds].map((kind) => [kind, liveRates[kind]]));
    return maxRates([this.#options.idle, live]);
  }

  #record(service: string, event: RecordedEvent): void {
    const { maxEvents, maxBytes } = this.#options;
    const ring = this.#rings.get(service) ?? new EventRing();
    this.#rings.set(service, ring);
    const before = ring.bytes;
    ring.push(event);
    if (ring.count > maxEvents) ring.evictOldest();
    this.#bytes += ring.bytes - before;
    while (this.#bytes > maxBytes) this.#evictFromLargest();
  }

  /** Evicts an event of the service that holds most bytes. */
  #evictFromLargest(): void {
    let largest = new EventRing();
    for (const ring of this.#rings.values()) if (ring.bytes > largest.bytes) largest = ring;
    const before = largest.bytes;
    largest.evictOldest();
    this.#bytes += largest.bytes - before;
  }
}

const takes = ({ services }: EventSubscriber, service: string): boolean =>
  services === undefined || services.has(service);
