import { ownKey } from "../../core/address-range.ts";

/** How many connections each address has at the moment. The listeners of one service share it. */
export class ConnectionsPerAddress {
  readonly limit: number;
  readonly #counts = new Map<string, number>();

  /** @param limit for one address, or one /64 of IPv6; 0: none, and nothing is counted */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** @returns the key to leave with, "" when nothing is counted; undefined: the address has as many as it may have */
  enter(host: string): string | undefined {
    const key = this.limit === 0 ? "" : ownKey(host);
    if (key === "") return key;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.limit) return undefined;
    this.#counts.set(key, count + 1);
    return key;
  }

  leave(key: string): void {
    if (key === "") return;
    const left = (this.#counts.get(key) ?? 1) - 1;
    if (left === 0) this.#counts.delete(key);
    else this.#counts.set(key, left);
  }
}
