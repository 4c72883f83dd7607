import { memoryUsage } from "bun:jsc";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Retained } from "../routing/retained.ts";
import type { Router } from "../routing/router.ts";
import type { Session } from "../session/session.ts";
import type { Counters } from "../wire/counters.ts";
import { encodeOwnPublish } from "../wire/message.ts";
import { type Gauges, measure } from "./gauges.ts";
import { LoadAverage } from "./load-average.ts";

const encoder = new TextEncoder();

/** What is reported on, and by whom it is published. */
interface SysTopicsContext {
  readonly store: Pick<Store, "description">;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly router: Router;
  readonly retained: Retained;
  readonly sessions: ReadonlyMap<string, Session>;
  publish(packet: Buffer, topic: string): void;
}

/** Published as `$SYS/broker/load/NAME/1min`, from the counter behind it. */
const loads: Readonly<Record<string, (counters: Counters) => number>> = {
  "messages/received": ({ received, controlsIn }) => received + controlsIn,
  "messages/sent": ({ sent, controlsOut }) => sent + controlsOut,
  "publish/dropped": ({ dropped }) => dropped,
  "publish/received": ({ received }) => received,
  "publish/sent": ({ sent }) => sent,
  "bytes/received": ({ bytesIn }) => bytesIn,
  "bytes/sent": ({ bytesOut }) => bytesOut,
  sockets: ({ accepted }) => accepted,
  connections: ({ connects }) => connects,
};

/**
 * The broker's statistics under `$SYS/broker`, with the names and meanings of Mosquitto 2.0. All values are retained;
 * after the first time a value is published when it has changed. They are published at QoS 0: otherwise they would
 * fill the queues of clients that are away with old numbers.
 */
export class SysTopics {
  readonly #context: SysTopicsContext;
  readonly #product: string;
  readonly #loads = new Map<string, LoadAverage>();
  readonly #published = new Map<string, string>();
  readonly #start: number;
  #last: number;
  #maximum = 0;
  #heapMaximum = 0;
  #stop: (() => void) | undefined;

  constructor(context: SysTopicsContext, product: string) {
    this.#context = context;
    this.#product = product;
    this.#start = this.#last = context.clock.now();
    for (const [name, read] of Object.entries(loads))
      this.#loads.set(name, new LoadAverage(read(context.counters)));
  }

  /** Publishes now and every so many milliseconds; 0 stops it, and clears what has been published. */
  run(interval: number): void {
    this.stop();
    if (interval === 0) {
      for (const topic of this.#published.keys()) this.#publish(topic, "");
      this.#published.clear();
      return;
    }
    this.#update();
    this.#stop = this.#context.clock.every(interval, () => this.#update());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #update(): void {
    this.#advanceLoads();
    for (const [name, value] of this.#values()) {
      const topic = `$SYS/broker/${name}`;
      if (this.#published.get(topic) === value) continue;
      this.#published.set(topic, value);
      this.#publish(topic, value);
    }
  }

  #advanceLoads(): void {
    const now = this.#context.clock.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    for (const [name, load] of this.#loads) load.update(loads[name]!(this.#context.counters), seconds);
  }

  #values(): [name: string, value: string][] {
    const gauges = measure(this.#context.sessions);
    const uptime = Math.floor((this.#context.clock.now() - this.#start) / 1000);
    const texts: [string, string][] = [
      ["version", this.#product],
      ["uptime", `${uptime} seconds`],
      ["store/persistence", this.#context.store.description],
    ];
    for (const [name, load] of this.#loads) {
      for (const [span, value] of load.entries()) texts.push([`load/${name}/${span}`, value]);
    }
    const numbers = { ...this.#clients(gauges), ...this.#messages(gauges), ...this.#heap() };
    for (const [name, value] of Object.entries(numbers)) texts.push([name, String(value)]);
    return texts;
  }

  #clients({ connected, away }: Gauges): Record<string, number> {
    this.#maximum = Math.max(this.#maximum, connected);
    return {
      "clients/total": connected + away,
      "clients/connected": connected,
      "clients/active": connected,
      "clients/disconnected": away,
      "clients/inactive": away,
      "clients/maximum": this.#maximum,
      "clients/expired": this.#context.counters.sessionsExpired,
    };
  }

  #messages({ inflight, queued, queuedBytes, shared }: Gauges): Record<string, number> {
    const { counters, retained, router } = this.#context;
    const stored = retained.total + queued;
    return {
      "messages/received": counters.received + counters.controlsIn,
      "messages/sent": counters.sent + counters.controlsOut,
      "messages/stored": stored,
      "messages/inflight": inflight,
      "store/messages/count": stored,
      "store/messages/bytes": retained.payloadBytes + queuedBytes,
      "retained messages/count": retained.total,
      "publish/messages/received": counters.received,
      "publish/messages/sent": counters.sent,
      "publish/messages/dropped": counters.dropped,
      "publish/bytes/received": counters.payloadIn,
      "publish/bytes/sent": counters.payloadOut,
      "bytes/received": counters.bytesIn,
      "bytes/sent": counters.bytesOut,
      "subscriptions/count": router.size - shared,
      "shared_subscriptions/count": shared,
    };
  }

  /** The memory of the whole process, which other services share. */
  #heap(): Record<string, number> {
    const { current } = memoryUsage();
    this.#heapMaximum = Math.max(this.#heapMaximum, current);
    return { "heap/current": current, "heap/maximum": this.#heapMaximum };
  }

  #publish(topic: string, value: string): void {
    const payload = encoder.encode(value);
    this.#context.publish(encodeOwnPublish({ topic, payload, qos: 0, retain: true, properties: {} }), topic);
  }
}
