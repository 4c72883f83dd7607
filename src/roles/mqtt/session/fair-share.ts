import type { Clock } from "../ports/clock.ts";
import type { Counters } from "../wire/counters.ts";
import type { QueuedMemory } from "./queued-memory.ts";
import { minBytesPerClient } from "./quota.ts";

/** Minimum interval between two searches for whoever holds most, in milliseconds. */
const searchPause = 100;

/** Messages that are dropped for one. */
const maxLost = 10_000;

/** What is on its way to one client. */
interface Holding {
  /** The user whose messages these are. */
  readonly owner?: string | undefined;
  readonly queue: { readonly length: number };
  /** In bytes. */
  readonly held: number;
  readonly isClosed: boolean;
  /** The queue loses its oldest message. */
  loseOldest(): void;
}

/** A session that may hold messages. */
interface Holder {
  readonly outgoing: Holding;
}

/** One user's sessions, or one session without a user. */
interface Group {
  held: number;
  readonly holders: Holder[];
}

export interface FairShareContext {
  readonly sessions: ReadonlyMap<string, Holder>;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly queued: QueuedMemory;
}

/**
 * Makes room when all clients together hold too much: whoever holds most loses its oldest queued messages, and not
 * whoever comes next. So a client that is away for long costs the others nothing, however many sessions it has.
 */
export class FairShare {
  readonly #context: FairShareContext;
  /** Of users, when it was last searched. */
  #heldBy: ReadonlyMap<string, number> = new Map();
  #greediest: Group | undefined;
  #nextSearch = 0;

  constructor(context: FairShareContext) {
    this.#context = context;
  }

  /**
   * @param asker who needs the room
   * @returns false when nobody holds more than the asker's user
   */
  makeRoom(asker: Holding, bytes: number): boolean {
    const { queued } = this.#context;
    const goal = queued.bytes - bytes;
    for (let lost = 0; queued.bytes > goal; lost++) {
      // Messages that several sessions share free little.
      if (lost === maxLost) return false;
      const victim = this.#victimFor(asker);
      if (victim === undefined) return false;
      this.#takeOldest(victim);
    }
    return true;
  }

  /** The queue that loses a message next. The search goes through all sessions, so not at every call. */
  #victimFor(asker: Holding): Holder | undefined {
    const found = this.#longestQueueFor(asker);
    const now = this.#context.clock.now();
    if (found !== undefined || now < this.#nextSearch) return found;
    this.#nextSearch = now + searchPause;
    this.#search();
    return this.#longestQueueFor(asker);
  }

  #longestQueueFor(asker: Holding): Holder | undefined {
    const greediest = this.#greediest;
    if (greediest === undefined) return undefined;
    // A little more does not count: two who hold the same would take turns in losing what they have.
    const own = Math.max(asker.held, this.#heldBy.get(asker.owner ?? "") ?? 0);
    if (greediest.held <= own + minBytesPerClient) return undefined;
    while (greediest.holders.length > 0) {
      const holder = greediest.holders[0]!;
      if (holder.outgoing.queue.length > 0 && !holder.outgoing.isClosed) return holder;
      greediest.holders.shift();
    }
    return undefined;
  }

  #takeOldest({ outgoing }: Holder): void {
    const before = outgoing.held;
    outgoing.loseOldest();
    this.#greediest!.held -= before - outgoing.held;
  }

  #search(): void {
    const groups = new Map<unknown, Group>();
    const heldBy = new Map<string, number>();
    this.#greediest = undefined;
    for (const holder of this.#context.sessions.values()) {
      const { held } = holder.outgoing;
      if (held === 0) continue;
      const { owner } = holder.outgoing;
      const key = owner ?? holder;
      const group = groups.get(key) ?? { held: 0, holders: [] };
      groups.set(key, group);
      group.held += held;
      if (owner !== undefined) heldBy.set(owner, group.held);
      group.holders.push(holder);
      if (group.held > (this.#greediest?.held ?? 0)) this.#greediest = group;
    }
    this.#heldBy = heldBy;
    this.#greediest?.holders.sort((one, other) => other.outgoing.held - one.outgoing.held);
  }
}
