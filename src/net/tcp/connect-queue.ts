/**
 * What waits, each of an address. Addresses take turns, and when it is full one that waits nowhere takes the place of
 * another's second: one address cannot fill it.
 */
export class ConnectQueue<T> {
  readonly #addresses = new Map<string, Set<T>>();
  /** Those with more than one. */
  readonly #several = new Set<string>();
  readonly #keys = new Map<T, string>();

  get size(): number {
    return this.#keys.size;
  }

  /** @returns whether it waits, and who had to make room for that */
  add(connection: T, address: string, max: number): { readonly waits: boolean; readonly displaced?: T } {
    const displaced = this.size >= max ? this.#makeRoomFor(address) : undefined;
    if (this.size >= max) return { waits: false };
    this.#keys.set(connection, address);
    const others = this.#addresses.get(address);
    if (others === undefined) this.#addresses.set(address, new Set([connection]));
    else if (others.add(connection).size > 1) this.#several.add(address);
    return { waits: true, ...(displaced !== undefined && { displaced }) };
  }

  /** Takes out the first one of the address whose turn it is. */
  next(): T | undefined {
    for (const [address, connections] of this.#addresses) {
      for (const connection of connections) {
        this.delete(connection);
        if (this.#addresses.delete(address)) this.#addresses.set(address, connections);
        return connection;
      }
    }
    return undefined;
  }

  delete(connection: T): void {
    const address = this.#keys.get(connection);
    if (address === undefined) return;
    this.#keys.delete(connection);
    const others = this.#addresses.get(address);
    others?.delete(connection);
    if (others === undefined || others.size < 2) this.#several.delete(address);
    if (others?.size === 0) this.#addresses.delete(address);
  }

  #makeRoomFor(address: string): T | undefined {
    if (this.#addresses.has(address)) return undefined;
    for (const crowded of this.#several) {
      const last = [...(this.#addresses.get(crowded) ?? [])].at(-1);
      if (last !== undefined) this.delete(last);
      return last;
    }
    return undefined;
  }
}
