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
 * whoever comes next. So a client that is away for long costs the others nothing, however many sessions it has; and
 * where everybody holds much, a newcomer gets nearly as much as each of them.
 */
export class FairShare {
  readonly #context: FairShareContext;
  /** Of users, when it was last searched. */
  #heldBy: ReadonlyMap<string, number> = new Map();
  /** When it was last searched, less what has been taken since. */
  #groups = new Heap<Group>((group) => group.held);
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
      if (lost === maxLost || !this.#takeFor(asker)) return false;
    }
    return true;
  }

  /** Takes the oldest message of whoever holds most. @returns false when nobody holds more than the asker */
  #takeFor(asker: Holding): boolean {
    const group = this.#greediestFor(asker) ?? (this.#search() ? this.#greediestFor(asker) : undefined);
    const outgoing = group?.holders[0]?.outgoing;
    if (group === undefined || outgoing === undefined) return false;
    const before = outgoing.held;
    outgoing.loseOldest();
    group.held -= before - outgoing.held;
    this.#groups.sink();
    return true;
  }

  /** The group that holds most and has something to lose, if it holds more than the asker's. */
  #greediestFor(asker: Holding): Group | undefined {
    const own = Math.max(asker.held, this.#heldBy.get(asker.owner ?? "") ?? 0);
    for (;;) {
      const group = this.#groups.top;
      if (group === undefined || group.held - margin(group.held) <= own) return undefined;
      while (group.holders.length > 0) {
        const { outgoing } = group.holders[0]!;
        if (outgoing.queue.length > 0 && !outgoing.isClosed) return group;
        group.holders.shift();
      }
      // What it holds is in flight.
      group.held = 0;
      this.#groups.sink();
    }
  }

  /** The search goes through all sessions, so not at every call. @returns whether it was made */
  #search(): boolean {
    const now = this.#context.clock.now();
    if (now < this.#nextSearch) return false;
    this.#nextSearch = now + searchPause;
    const groups = new Map<unknown, Group>();
    const heldBy = new Map<string, number>();
    for (const holder of this.#context.sessions.values()) {
      const { held, owner } = holder.outgoing;
      if (held === 0) continue;
      const key = owner ?? holder;
      const group = groups.get(key) ?? { held: 0, holders: [] };
      groups.set(key, group);
      group.held += held;
      if (owner !== undefined) heldBy.set(owner, group.held);
      group.holders.push(holder);
    }
    this.#heldBy = heldBy;
    const all = [...groups.values()];
    for (const { holders } of all) holders.sort((one, other) => other.outgoing.held - one.outgoing.held);
    this.#groups.fill(all);
    return true;
  }
}

/** A little more does not count: two who hold the same would take turns in losing what they have. */
const margin = (held: number): number => Math.min(minBytesPerClient, held / 4);

/** The largest of some items, of which only that one changes, and only to less. */
class Heap<T> {
  readonly #sizeOf: (item: T) => number;
  #items: T[] = [];

  constructor(sizeOf: (item: T) => number) {
    this.#sizeOf = sizeOf;
  }

  get top(): T | undefined {
    return this.#items[0];
  }

  fill(items: readonly T[]): void {
    // What is sorted is a heap.
    this.#items = items.toSorted((one, other) => this.#sizeOf(other) - this.#sizeOf(one));
  }

  /** The largest has become smaller, and may not be it any more. */
  sink(): void {
    const items = this.#items;
    const { length } = items;
    const top = items[0];
    if (top === undefined) return;
    const size = this.#sizeOf(top);
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= length) break;
      const right = left + 1;
      const child = right < length && this.#sizeOf(items[right]!) > this.#sizeOf(items[left]!) ? right : left;
      if (this.#sizeOf(items[child]!) <= size) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = top;
  }
}
