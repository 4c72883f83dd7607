import type { TrafficEvent, TrafficKind } from "../../core/traffic.ts";
import { everyEvent, type Observer, type SampleRates } from "../../observe/observer.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { FromThread } from "./thread-messages.ts";

/** What one thread may have on its way to the main thread. Some 4,000 events. */
const maxInFlight = 2 * 1024 * 1024;

/** What chunks of bytes leave of it, of which an observer may want each one. */
const reserved = maxInFlight / 4;

/** An event without its bytes and texts: while it is posted, and as an object. */
const eventSize = 512;

/**
 * How much a thread has posted and the main thread has not taken yet, in memory that both share. A channel between
 * threads has no bound of its own: what a busy main thread does not take is held, and grows old.
 */
export class InFlightTraffic {
  readonly #size: Int32Array;

  /** @param memory what `memory` of the other side gave */
  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#size = new Int32Array(memory);
  }

  get size(): number {
    return Atomics.load(this.#size, 0);
  }

  add(size: number): void {
    Atomics.add(this.#size, 0, size);
  }

  taken(size: number): void {
    Atomics.sub(this.#size, 0, size);
  }
}

/**
 * A thread's observer, which posts the events to the main thread: those of a turn of the event loop together. What there is
 * no room for counts as sampled out. Without rates it does not observe, and costs nothing.
 */
export class TrafficRelay implements Observer {
  rates: SampleRates = {};
  readonly #hub: TrafficHub;
  readonly #post: (message: FromThread) => void;
  #inFlight = new InFlightTraffic();
  #leave: (() => void) | undefined;
  #events: TrafficEvent[] = [];
  #size = 0;

  constructor(hub: TrafficHub, post: (message: FromThread) => void) {
    this.#hub = hub;
    this.#post = post;
  }

  /** To be called before there are any rates. */
  share(memory: SharedArrayBuffer): void {
    this.#inFlight = new InFlightTraffic(memory);
  }

  setRates(rates: SampleRates): void {
    this.rates = rates;
    if (Object.keys(rates).length === 0) this.#stop();
    else if (this.#leave === undefined) this.#leave = this.#hub.add(this);
    else this.#hub.updateRates();
  }

  /** An event is taken as a whole while there is any room, however large it is. */
  hasRoom({ kind }: TrafficEvent): boolean {
    return this.#inFlight.size < this.#roomFor(kind);
  }

  observe(event: TrafficEvent): void {
    const size = sizeOf(event);
    this.#inFlight.add(size);
    this.#size += size;
    if (this.#events.length === 0) setImmediate(this.#flushLater);
    this.#events.push(asHappenedNow(event));
  }

  sampledOut(_service: string, traffic: TrafficKind, count: number): void {
    this.#post({ kind: "sampled-out", traffic, count });
  }

  /** Posts what has been gathered, before something else is posted. */
  flush(): void {
    if (this.#events.length === 0) return;
    this.#post({ kind: "traffic", events: this.#events, size: this.#size });
    this.#events = [];
    this.#size = 0;
  }

  readonly #flushLater = (): void => this.flush();

  #stop(): void {
    this.#leave?.();
    this.#leave = undefined;
  }

  /** Where connections begin and end, and a sample of a known rate, are not lost for the sake of chunks. */
  #roomFor(kind: TrafficKind): number {
    const isFlood = (kind === "bytes" || kind === "message") && this.rates[kind] === everyEvent;
    return isFlood ? maxInFlight - reserved : maxInFlight;
  }
}

function sizeOf(event: TrafficEvent): number {
  const text = event.kind === "message" ? event.text.length : 0;
  return eventSize + text + ("bytes" in event ? (event.bytes?.length ?? 0) : 0);
}

/** With its time, because it arrives later, and bytes of its own: posting a view of a buffer would copy the whole buffer. */
function asHappenedNow(event: TrafficEvent): TrafficEvent {
  const time = event.time ?? performance.timeOrigin + performance.now();
  if (!("bytes" in event) || event.bytes === undefined) return { ...event, time };
  return { ...event, time, bytes: new Uint8Array(event.bytes) };
}
