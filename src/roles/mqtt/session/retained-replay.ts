import type { Clock } from "../ports/clock.ts";
import { nodesPerBreath } from "../routing/retained.ts";
import type { Pending } from "./queue.ts";
import type { Turns } from "./scheduler.ts";

/** Retained messages for a new subscription, found as they are taken; undefined: a part of the search found none. */
export type Replay = Generator<Pending | undefined, void, undefined>;

/** What a part of a search costs of them: nodes are looked at about ten times as fast as messages are sent. */
const searchCost = nodesPerBreath / 10;

/** Whom the messages are for. */
interface Receiver {
  /** It takes one more now. */
  readonly canReplay: boolean;
  replayed(pending: Pending): void;
}

/** Retained messages on their way to one client, taken as fast as it takes them. */
export class Replays {
  readonly #receiver: Receiver;
  /** By filter: who asks again and again has one going on, not many. */
  readonly #byFilter = new Map<string, Replay>();

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  get size(): number {
    return this.#byFilter.size;
  }

  begin(filter: string, messages: Replay): void {
    this.#byFilter.set(filter, messages);
  }

  /** The client does not want the filter's retained messages any more. */
  end(filter: string): void {
    this.#byFilter.delete(filter);
  }

  /** @returns false when the turn is over and there is more to do that need not wait for the client */
  advance(limit: number, { clock, turns }: { readonly clock: Clock; readonly turns: Turns }): boolean {
    const start = clock.now();
    const end = start + turns.left;
    let left = limit;
    let now = start;
    while (left > 0 && now < end && this.#canGoOn) {
      left -= this.#advanceOne();
      now = clock.now();
    }
    turns.spend(now - start);
    return !this.#canGoOn;
  }

  /** @returns what that cost, in messages */
  #advanceOne(): number {
    for (const [filter, replay] of this.#byFilter) {
      const { done, value } = replay.next();
      if (done) this.#byFilter.delete(filter);
      else if (value === undefined) return searchCost;
      else this.#receiver.replayed(value);
      break;
    }
    return 1;
  }

  get #canGoOn(): boolean {
    return this.#byFilter.size > 0 && this.#receiver.canReplay;
  }
}
