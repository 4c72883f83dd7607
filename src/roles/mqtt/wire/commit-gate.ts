import type { Store } from "../ports/store.ts";
import { forEachGuarded } from "./guard.ts";

/** A connection with bytes that wait for the open transaction to end. */
interface Flushable {
  flush(): void;
}

/** A connection with bytes that wait for a group of the store to be durable. */
interface Held {
  /** Writes what may be written now. @returns whether more waits */
  release(): boolean;
  /** Nothing becomes durable any more: what waits is not written. */
  discardHeld(): void;
}

type GateStore = Pick<Store, "isDurable" | "recorded" | "recording" | "durable" | "isBehind" | "commit">;

/** A connection that is not read while the store is behind. */
interface Paused {
  storeCaughtUp(): void;
}

/**
 * Decides when the store commits: before anything is written to the network, and not inside a transaction, which must
 * become durable as a whole or not at all. The one exception is a connection that closes in the middle of its chunk
 * and writes its last bytes: what came before in the chunk is complete by then, because all that was published is
 * delivered before any other packet is handled, and before a client fails.
 */
export class CommitGate {
  readonly #store: GateStore;
  readonly #onFailure: (cause: unknown) => void;
  readonly #onError: (error: unknown) => void;
  readonly #soon: (call: () => void) => void;
  /** Transactions nest; only the outermost one ends. */
  #depth = 0;
  #isScheduled = false;
  #hasFailed = false;
  readonly #deferred = new Set<Flushable>();
  readonly #held = new Set<Held>();
  readonly #paused = new Set<Paused>();

  constructor(
    store: GateStore,
    soon: (call: () => void) => void,
    onFailure: (cause: unknown) => void,
    onError: (error: unknown) => void = () => {},
  ) {
    this.#onError = onError;
    this.#store = store;
    this.#soon = soon;
    this.#onFailure = onFailure;
  }

  /** A transaction is open: nobody writes early. */
  get isOpen(): boolean {
    return this.#depth > 0;
  }

  /** Changes that were recorded, counted: what one thing has led to shows by it. */
  get recorded(): number {
    return this.#store.recorded;
  }

  /** The number of the group that the next change belongs to. */
  get recording(): number {
    return this.#store.recording;
  }

  isDurable(group: number): boolean {
    return group <= this.#store.durable;
  }

  /** Calls `release` when more has become durable. */
  hold(connection: Held): void {
    this.#held.add(connection);
  }

  /** Whether a connection has to wait for the store before it is read on. */
  get isBehind(): boolean {
    return this.#store.isBehind;
  }

  /** Calls `storeCaughtUp` when it may be read again. */
  waitForStore(connection: Paused): void {
    this.#paused.add(connection);
  }

  /** More has become durable. */
  readonly release = (): void => {
    const held = [...this.#held];
    forEachGuarded(held, (one) => one.release() || this.#held.delete(one), this.#onError);
    if (this.#paused.size === 0 || this.#store.isBehind) return;
    const paused = [...this.#paused];
    this.#paused.clear();
    forEachGuarded(paused, (one) => one.storeCaughtUp(), this.#onError);
  };

  /** The store says that nothing becomes durable any more. */
  readonly fail = (cause: unknown): void => {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const held = [...this.#held];
    this.#held.clear();
    forEachGuarded(held, (one) => one.discardHeld(), this.#onError);
    this.#onFailure(cause);
  };

  begin(): void {
    if (this.#store.isDurable) this.#depth++;
  }

  end(): void {
    if (this.#depth === 0 || --this.#depth > 0) return;
    this.#scheduleCommit();
    if (this.#deferred.size === 0) return;
    const deferred = [...this.#deferred];
    this.#deferred.clear();
    forEachGuarded(deferred, (connection) => connection.flush(), this.#onError);
  }

  /** What `call` changes becomes durable together. */
  transaction(call: () => void): void {
    this.begin();
    try {
      call();
    } finally {
      this.end();
    }
  }

  // A change may lead to no write at all: a message is retained, a client has gone.
  #scheduleCommit(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#soon(() => {
      this.#isScheduled = false;
      this.commit();
    });
  }

  /** Calls `flush` when the open transaction has ended. */
  deferFlush(connection: Flushable): void {
    this.#deferred.add(connection);
  }

  /** @returns false when nothing may be written any more: clients would see what a crash could undo */
  commit(): boolean {
    if (this.#hasFailed) return false;
    try {
      this.#store.commit();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}
