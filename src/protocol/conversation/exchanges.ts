import type { Answer } from "./dissector.ts";
import { Percentiles } from "./percentiles.ts";
import type { Place, Side } from "./place.ts";

export interface Pending extends Place {
  readonly label: string;
  readonly side: Side;
}

/** So many requests of a conversation are remembered until they are answered. */
const maxPending = 4096;
const maxSlowest = 3;

/** Requests and their answers in one conversation. */
export class Exchanges {
  /** Times of answers, in nanoseconds. */
  readonly times = new Percentiles();
  /** The slowest answers, the slowest first. */
  readonly slowest: (Answer & Pick<Place, "packet">)[] = [];
  readonly #pending = new Map<string, Pending>();

  request(key: string, place: Place, label: string, side: Side): void {
    // One that is sent again, as MQTT does after a lost connection, waits since the first time.
    if (this.#pending.has(key) || this.#pending.size >= maxPending) return;
    this.#pending.set(key, { packet: place.packet, time: place.time, label, side });
  }

  answer(key: string, place: Place): Answer | undefined {
    const request = this.#pending.get(key);
    if (request === undefined) return undefined;
    this.#pending.delete(key);
    const answer = { to: request.packet, time: Math.max(0, place.time - request.time) };
    this.times.add(answer.time);
    this.#noteSlow({ ...answer, packet: place.packet });
    return answer;
  }

  /** Requests that have no answer. */
  get unanswered(): readonly Pending[] {
    return [...this.#pending.values()];
  }

  #noteSlow(answer: Answer & Pick<Place, "packet">): void {
    const slowest = this.slowest;
    if (slowest.length === maxSlowest && answer.time <= slowest.at(-1)!.time) return;
    slowest.push(answer);
    slowest.sort((one, other) => other.time - one.time);
    if (slowest.length > maxSlowest) slowest.pop();
  }
}
