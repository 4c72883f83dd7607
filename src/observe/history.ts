import type { TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { EventRing } from "./event-ring.ts";
import { type Appetite, hungriest } from "./observer.ts";
import { type RecordedEvent, recordEvent } from "./recorded-event.ts";
import type { Observer } from "./traffic-hub.ts";

/** One who looks on while it happens. */
export interface Watcher {
  /** What it wants to see; nothing else is recorded for it. */
  readonly kinds: ReadonlySet<TrafficKind>;
  /** The services it looks at; absent: all. */
  readonly services?: ReadonlySet<string> | undefined;
  event(event: RecordedEvent): void;
  leftOut(service: string, kind: TrafficKind, count: number): void;
}

export interface HistoryOptions {
  /** Recorded while nobody watches, so that the first one to look finds something. */
  readonly idle?: Appetite;
  readonly now?: () => number;
  /** Called when the appetite has changed. */
  readonly changed?: () => void;
  /** Of each service. */
  readonly maxEvents?: number;
  /** Of all services together. */
  readonly maxBytes?: number;
}

/** Whatever the log is told, so few that a busy service does not notice. */
const idleAppetite: Appetite = { open: 20, message: 20, close: 20 };

/** What watchers are shown a second and service: more than anyone can follow, less than slows a broker down. */
const watched: Readonly<Record<TrafficKind, number>> = { open: 500, message: 2000, close: 500, bytes: 500 };

/**
 * The last events, bounded in number and bytes, and those who watch new ones arrive. While nobody does, it takes next
 * to nothing; a watcher raises the appetite for its services to a sample that suits a live picture, and the last one
 * that leaves takes it back. Each service has its own ring, so that a busy one does not erase what others did.
 */
export class History implements Observer {
  readonly #options: Required<HistoryOptions>;
  readonly #watchers = new Set<Watcher>();
  readonly #rings = new Map<string, EventRing>();
  /** Numbers start anew with each run of the server: this tells them apart. */
  readonly run: string = crypto.randomUUID().slice(0, 8);
  #bytes = 0;
  #seq = 0;
  /** What is taken of the service that is watched most closely. */
  appetite: Appetite;

  constructor(options: HistoryOptions = {}) {
    this.#options = {
      idle: idleAppetite,
      now: Date.now,
      changed: () => {},
      maxEvents: 1000,
      maxBytes: 1024 * 1024,
      ...options,
    };
    this.appetite = this.#options.idle;
  }

  appetiteOf(service: string): Appetite {
    return this.#appetiteFor([...this.#watchers].filter((watcher) => looksAt(watcher, service)));
  }

  observe(event: TrafficEvent): void {
    const { service } = event.conversation;
    const recorded = recordEvent(event, ++this.#seq, this.#options.now());
    this.#keep(service, recorded);
    for (const watcher of this.#watchers) {
      if (watcher.kinds.has(event.kind) && looksAt(watcher, service)) watcher.event(recorded);
    }
  }

  leftOut(service: string, kind: TrafficKind, count: number): void {
    for (const watcher of this.#watchers) {
      if (watcher.kinds.has(kind) && looksAt(watcher, service)) watcher.leftOut(service, kind, count);
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
    const found = [...this.#rings.values()].flatMap((ring) => ring.last(limit, isWanted, after));
    found.sort((one, other) => other.seq - one.seq);
    return found.slice(0, limit).reverse();
  }

  /** Whether events after the one of this number are not kept any more, of a service that is asked about. */
  hasForgotten(after: number, isAskedAbout: (service: string) => boolean = () => true): boolean {
    return [...this.#rings].some(([service, ring]) => ring.forgotten > after && isAskedAbout(service));
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
    this.appetite = this.#appetiteFor([...this.#watchers]);
    this.#options.changed();
  }

  #appetiteFor(watchers: readonly Watcher[]): Appetite {
    const wanted = new Set(watchers.flatMap(({ kinds }) => [...kinds]));
    const ofWatchers = Object.fromEntries([...wanted].map((kind) => [kind, watched[kind]]));
    return hungriest([this.#options.idle, ofWatchers]);
  }

  #keep(service: string, event: RecordedEvent): void {
    const { maxEvents, maxBytes } = this.#options;
    const ring = this.#rings.get(service) ?? new EventRing();
    this.#rings.set(service, ring);
    const before = ring.bytes;
    ring.push(event);
    if (ring.count > maxEvents) ring.forgetOldest();
    this.#bytes += ring.bytes - before;
    while (this.#bytes > maxBytes) this.#forgetOfTheHeaviest();
  }

  /** The bytes are shared out: who holds most of them makes room. */
  #forgetOfTheHeaviest(): void {
    let heaviest = new EventRing();
    for (const ring of this.#rings.values()) if (ring.bytes > heaviest.bytes) heaviest = ring;
    const before = heaviest.bytes;
    heaviest.forgetOldest();
    this.#bytes += heaviest.bytes - before;
  }
}

const looksAt = ({ services }: Watcher, service: string): boolean =>
  services === undefined || services.has(service);
