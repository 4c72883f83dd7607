import type { Store } from "../ports/store.ts";
import { forEachGuarded } from "./guard.ts";

/** A connection with bytes that wait for the open transaction to end. */
interface Flushable {
  flush(): void;
}

/**
 * Decides when the store commits: before anything is written to the network, and not inside a transaction, which must
 * become durable as a whole or not at all. The one exception is a connection that closes in the middle of its chunk
 * and writes its last bytes: what came before in the chunk is complete by then, because all that was published is
 * delivered before any other packet is handled, and before a client fails.
 */
export class CommitGate {
  readonly #store: Pick<Store, "isDurable" | "commit">;
  readonly #onFailure: (cause: unknown) => void;
  readonly #onError: (error: unknown) => void;
  readonly #soon: (call: () => void) => void;
  /** Transactions nest; only the outermost one ends. */
  #depth = 0;
  #isScheduled = false;
  #hasFailed = false;
  readonly #deferred = new Set<Flushable>();

  constructor(
    store: Pick<Store, "isDurable" | "commit">,
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
      this.#hasFailed = true;
      this.#onFailure(error);
      return false;
    }
  }
}
