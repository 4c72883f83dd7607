/**
 * How many requests one connection may have sent ahead: more, in one turn of the event loop, than any client that
 * waits for answers. HTTP/1.1 lets a client pipeline, and half a megabyte of it are ten thousand requests, all of
 * which would be answered before anybody else is heard.
 */
export const mostPipelined = 128;

/** Counts the requests of each connection in this turn of the event loop. */
export class Pipelining<Connection> {
  readonly #counts = new Map<Connection, number>();
  #total = 0;

  /** @param connection asked only when so many requests have come in this turn that it matters whose they are */
  allows(connection: () => Connection): boolean {
    if (this.#total++ === 0) setImmediate(() => this.#nextTurn());
    if (this.#total <= mostPipelined) return true;
    const key = connection();
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    return count <= mostPipelined;
  }

  #nextTurn(): void {
    this.#total = 0;
    if (this.#counts.size > 0) this.#counts.clear();
  }
}
