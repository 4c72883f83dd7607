/**
 * The most requests that one connection may send ahead in one turn of the event loop: more than any client that waits
 * for answers sends. HTTP/1.1 allows pipelining, and half a megabyte is ten thousand requests, all of which would be
 * answered before any other client's.
 */
export const maxPipelined = 128;

/** Counts the requests of each connection in this turn of the event loop. */
export class Pipelining<Connection> {
  readonly #counts = new Map<Connection, number>();
  #total = 0;

  /** @param connection called only when this turn has had so many requests that they are counted per connection */
  allows(connection: () => Connection): boolean {
    if (this.#total++ === 0) setImmediate(() => this.#nextTurn());
    if (this.#total <= maxPipelined) return true;
    const key = connection();
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= maxPipelined;
  }

  #nextTurn(): void {
    this.#total = 0;
    if (this.#counts.size > 0) this.#counts.clear();
  }
}
