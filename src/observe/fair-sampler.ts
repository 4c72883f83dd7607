import type { TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { everyEvent } from "./observer.ts";
import { RecentGroups } from "./recent-groups.ts";
import { refillMs } from "./refill.ts";

/** Below this rate there is nothing to share: twenty lines of a log go to whoever comes first. */
const minFairRate = 100;

/** So many more events are built than an observer takes, which gives the sampler something to choose from. */
const oversampling = 4;

const isFair = (kind: TrafficKind, rate: number) =>
  (kind === "message" || kind === "bytes") && rate >= minFairRate;

/** How many events per second are built for an observer that takes `rate` of them. */
export const buildRate = (kind: TrafficKind, rate: number): number =>
  isFair(kind, rate) ? rate * oversampling : rate;

/**
 * A token bucket for one observer and one kind of event. A quarter of its tokens is reserved for topics (conversations,
 * where there are no topics) that have had next to nothing since the last refill, so that a busy topic does not hide
 * the others. Reserved tokens that nobody uses become common ones.
 */
export class FairSampler {
  readonly #kind: TrafficKind;
  #rate = 0;
  /** Tokens for any topic. */
  #common = 0;
  /** Tokens for topics that have had less than their share. */
  #reserved = 0;
  /** How many events each topic has had since the last refill. As bounded as the tokens are. */
  readonly #had = new Map<string, number>();
  /** Whether the observer gets the messages of a group. */
  readonly #groups = new RecentGroups<boolean>();

  constructor(kind: TrafficKind) {
    this.#kind = kind;
  }

  /**
   * Keeps the tokens that are left. Who wants more than before has as many as after a refill at once: what comes next is not
   * to wait for it.
   */
  setRate(rate: number): void {
    const before = this.#rate === everyEvent ? 0 : this.#rate;
    this.#rate = rate;
    if (rate === everyEvent) return;
    if (rate > before) {
      const reserved = Math.min(this.#tokensPerRefill / 2, this.#maxReserved);
      this.#reserved = Math.max(this.#reserved, reserved);
      this.#common = Math.max(this.#common, this.#tokensPerRefill - reserved);
    }
    this.#common = Math.min(this.#common, rate - this.#maxReserved);
    this.#reserved = Math.min(this.#reserved, this.#maxReserved);
  }

  /** Saves tokens for up to a second, so that a quiet service's burst is shown completely. */
  refill(): void {
    if (this.#rate === everyEvent) return;
    const tokens = this.#tokensPerRefill;
    const reserved = Math.min(tokens / 2, this.#maxReserved - this.#reserved);
    this.#reserved += reserved;
    this.#common = Math.min(this.#rate - this.#maxReserved, this.#common + tokens - reserved);
    this.#had.clear();
    this.#groups.refill();
  }

  /** Takes a token for the event. @returns false when the event is sampled out */
  tryTake(event: TrafficEvent): boolean {
    if (this.#rate === everyEvent) return true;
    const group = event.kind === "message" ? event.group : undefined;
    if (group === undefined) return this.#tryTake(event);
    const known = this.#groups.get(group);
    if (known === undefined) {
      const isTaken = this.#tryTake(event);
      this.#groups.set(group, isTaken);
      return isTaken;
    }
    // Where there is none left, the token is that of a later event, of the next tenth of a second at most.
    if (!known || this.#common < -this.#tokensPerRefill) return false;
    this.#common--;
    return true;
  }

  #tryTake(event: TrafficEvent): boolean {
    if (this.#maxReserved > 0) return this.#tryTakeFor(topicOf(event));
    if (this.#common < 1) return false;
    this.#common--;
    return true;
  }

  #tryTakeFor(topic: string): boolean {
    const had = this.#had.get(topic) ?? 0;
    if (this.#common >= 1) this.#common--;
    else if (this.#reserved >= 1 && had < this.#share) this.#reserved--;
    else return false;
    this.#had.set(topic, had + 1);
    return true;
  }

  get #tokensPerRefill(): number {
    return (this.#rate * refillMs) / 1000;
  }

  get #maxReserved(): number {
    return isFair(this.#kind, this.#rate) ? this.#rate / 4 : 0;
  }

  /** At 2,000 per second 5 per refill: a message as it comes in, and as it goes out to a few subscribers. */
  get #share(): number {
    return Math.max(1, Math.floor(this.#rate / 400));
  }
}

function topicOf(event: TrafficEvent): string {
  const topic = event.kind === "message" ? event.fields?.topic : undefined;
  return typeof topic === "string" ? topic : event.conversation.id;
}
