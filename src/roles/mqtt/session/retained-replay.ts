import type { Clock } from "../ports/clock.ts";
import { nodesPerSlice } from "../routing/retained-tree.ts";
import type { Pending } from "../wire/message.ts";
import type { Scheduler } from "./scheduler.ts";

/** A search for retained messages for a new subscription; undefined: a slice of it has found none. */
export type RetainedSearch = Generator<Pending | undefined, void, undefined>;

/** What a slice of a search costs in messages: nodes are visited about ten times as fast as messages are sent. */
const searchCost = nodesPerSlice / 10;

/** Whom the messages are for. */
interface Receiver {
  /** It takes one more now. */
  readonly canReplay: boolean;
  sendRetained(pending: Pending): void;
}

/** Retained messages on their way to one client, searched for as fast as it takes them. */
export class RetainedReplay {
  readonly #receiver: Receiver;
  /** By filter: who subscribes again and again has one search going on, not many. */
  readonly #searches = new Map<string, RetainedSearch>();

  constructor(receiver: Receiver) {
    this.#receiver = receiver;
  }

  get size(): number {
    return this.#searches.size;
  }

  begin(filter: string, search: RetainedSearch): void {
    this.#searches.set(filter, search);
  }

  /** The client does not want the filter's retained messages any more. */
  end(filter: string): void {
    this.#searches.delete(filter);
  }

  /** @returns false when the turn's budget is spent and there is more to do that need not wait for the client */
  advance(
    limit: number,
    { clock, scheduler }: { readonly clock: Clock; readonly scheduler: Scheduler },
  ): boolean {
    const start = clock.now();
    const end = start + scheduler.remaining;
    let left = limit;
    let now = start;
    while (left > 0 && now < end && this.#canContinue) {
      left -= this.#advanceOne();
      now = clock.now();
    }
    scheduler.charge(now - start);
    return !this.#canContinue;
  }

  /** @returns what that cost, in messages */
  #advanceOne(): number {
    for (const [filter, search] of this.#searches) {
      const { done, value } = search.next();
      if (done) this.#searches.delete(filter);
      else if (value === undefined) return searchCost;
      else this.#receiver.sendRetained(value);
      break;
    }
    return 1;
  }

  get #canContinue(): boolean {
    return this.#searches.size > 0 && this.#receiver.canReplay;
  }
}
