import type { Broker } from "../broker/broker.ts";
import type { Session } from "../session/session.ts";

/** Messages a second, and bytes of their payloads: from the client, and to it. */
export interface SessionRate {
  readonly messagesIn: number;
  readonly bytesIn: number;
  readonly messagesOut: number;
  readonly bytesOut: number;
}

/** The counters of a session at one moment, in the order of `SessionRate`. */
type Counts = readonly [number, number, number, number];

interface Reading {
  /** On the broker's clock. */
  readonly time: number;
  readonly counts: ReadonlyMap<Session, Counts>;
}

/** Sessions that are read; more would keep others waiting. */
const maxSessions = 20_000;

/** Milliseconds between two readings. */
const period = 900;

/** Readings kept: a rate is that of the last five seconds or so. */
const maxReadings = 6;

/** Readings are kept for so many milliseconds after the last request. */
const keepTime = 10_000;

/** The rates of all sessions, read from their counters while somebody asks. */
export class SessionRates {
  readonly #broker: Broker;
  #readings: Reading[] = [];
  #lastRequest = 0;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Reads all counters, unless that was just done. */
  read(): void {
    const { clock, sessions } = this.#broker;
    const time = clock.now();
    this.#lastRequest = time;
    const last = this.#readings.at(-1);
    if (last !== undefined && time - last.time < period) return;
    const counts = new Map<Session, Counts>();
    for (const session of sessions.values()) {
      if (counts.size === maxSessions) break;
      counts.set(session, countsOf(session));
    }
    this.#readings.push({ time, counts });
    if (this.#readings.length > maxReadings) this.#readings.shift();
  }

  /** Undefined: there are no two readings of it yet. */
  of(session: Session): SessionRate | undefined {
    const last = this.#readings.at(-1);
    const first = this.#readings.find(({ counts }) => counts.has(session));
    if (last === undefined || first === undefined || first === last) return undefined;
    const seconds = (last.time - first.time) / 1000;
    const before = first.counts.get(session);
    const now = last.counts.get(session);
    if (before === undefined || now === undefined) return undefined;
    const rate = (index: 0 | 1 | 2 | 3) => Math.round(((now[index] - before[index]) / seconds) * 10) / 10;
    return { messagesIn: rate(0), bytesIn: rate(1), messagesOut: rate(2), bytesOut: rate(3) };
  }

  /** Forgets the readings when nobody asks any more; to be called now and then. */
  tick(): void {
    const isUnused = this.#broker.clock.now() - this.#lastRequest >= keepTime;
    if (isUnused && this.#readings.length > 0) this.#readings = [];
  }
}

const countsOf = ({ traffic, outgoing: { sender } }: Session): Counts => [
  traffic.published,
  traffic.publishedBytes,
  sender.sent,
  sender.sentBytes,
];
