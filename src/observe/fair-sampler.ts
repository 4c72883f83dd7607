import type { TrafficEvent, TrafficKind } from "../core/traffic.ts";

/** Budgets are refilled this often, so that a burst does not use up a whole second's worth. */
export const refillMs = 100;

/** Of fewer events a second there is nothing to share out: a log's twenty lines go to who comes first. */
const leastShared = 100;

/** So many times what is handed on is built, for a fair choice to have something to choose from. */
const choice = 4;

const isShared = (kind: TrafficKind, rate: number) =>
  (kind === "message" || kind === "bytes") && rate >= leastShared;

/** How many events a second are built for who takes `rate` of them. */
export const builtFor = (kind: TrafficKind, rate: number): number =>
  isShared(kind, rate) ? rate * choice : rate;

/**
 * How many events of one kind an observer may be handed, shared out: a quarter is kept for topics (where there are
 * none: conversations) that have had next to nothing in this tenth of a second, so that a busy one does not hide the
 * others. What those do not use is everybody's.
 */
export class FairBudget {
  readonly #kind: TrafficKind;
  #rate = 0;
  /** For whoever comes. */
  #common = 0;
  /** For those who have had less than their share. */
  #kept = 0;
  /** What each has had since the last refill; never more of them than events were handed on. */
  readonly #had = new Map<string, number>();

  constructor(kind: TrafficKind) {
    this.#kind = kind;
  }

  /** What is left stays left: only a kind that was not wanted before starts with something in hand. */
  setRate(rate: number): void {
    const isNew = this.#rate === 0;
    this.#rate = rate;
    if (isNew) this.refill();
    this.#common = Math.min(this.#common, rate - this.#mostKept);
    this.#kept = Math.min(this.#kept, this.#mostKept);
  }

  /** Up to a second's worth is saved, so that a quiet service's burst is told whole. */
  refill(): void {
    const more = (this.#rate * refillMs) / 1000;
    const kept = Math.min(more / 2, this.#mostKept - this.#kept);
    this.#kept += kept;
    this.#common = Math.min(this.#rate - this.#mostKept, this.#common + more - kept);
    this.#had.clear();
  }

  /** @returns whether the event may be handed on; then it is counted */
  take(event: TrafficEvent): boolean {
    if (this.#mostKept > 0) return this.#takeFor(subjectOf(event));
    if (this.#common < 1) return false;
    this.#common--;
    return true;
  }

  #takeFor(subject: string): boolean {
    const had = this.#had.get(subject) ?? 0;
    if (this.#common >= 1) this.#common--;
    else if (this.#kept >= 1 && had < this.#share) this.#kept--;
    else return false;
    this.#had.set(subject, had + 1);
    return true;
  }

  get #mostKept(): number {
    return isShared(this.#kind, this.#rate) ? this.#rate / 4 : 0;
  }

  /** At 2,000 a second five in a tenth: a message on its way in and to a few subscribers. */
  get #share(): number {
    return Math.max(1, Math.floor(this.#rate / 400));
  }
}

function subjectOf(event: TrafficEvent): string {
  const topic = event.kind === "message" ? event.fields?.topic : undefined;
  return typeof topic === "string" ? topic : event.conversation.id;
}
