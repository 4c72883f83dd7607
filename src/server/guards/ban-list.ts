import { formatRange, parseIp, parseRange, RangeTable } from "../../core/address-range.ts";
import type { Ban, Bans } from "../../core/guards.ts";

/** Bans at once: memory stays bounded, whatever addresses the guard of logins has to do with. */
const maxBans = 10_000;

/** What has become of the list, as plain data: worker threads have copies that follow it. */
export type BanChange =
  | { readonly kind: "banned"; readonly ban: Ban }
  | { readonly kind: "unbanned"; readonly address: string };

export interface BanListOptions {
  readonly max?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** The addresses that are kept out, in memory. There is one ban for a range; ranges may hold each other. */
export class BanList implements Bans {
  readonly #max: number;
  readonly #now: () => number;
  readonly #ranges = new RangeTable<Ban>();
  /** By what `formatRange` makes of the range; the oldest first. */
  readonly #bans = new Map<string, Ban>();
  readonly #listeners = new Set<(change: BanChange) => void>();
  /** When the next ban ends, or earlier: until then nobody looks for bans that have ended. */
  #nextEnd = Number.POSITIVE_INFINITY;

  constructor({ max = maxBans, now = Date.now }: BanListOptions = {}) {
    this.#max = max;
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#bans.size === 0;
  }

  find(host: string): Ban | undefined {
    const now = this.#now();
    if (now >= this.#nextEnd) this.#dropEnded(now);
    const ip = parseIp(host);
    return ip === undefined ? undefined : this.#ranges.find(ip, ({ until }) => until === null || until > now);
  }

  /** The ban of exactly this range. */
  get(address: string): Ban | undefined {
    this.#dropEnded(this.#now());
    return this.#bans.get(address);
  }

  /** The oldest first. */
  list(): Ban[] {
    this.#dropEnded(this.#now());
    return [...this.#bans.values()];
  }

  /**
   * Puts a ban in the place of the one that its range had. When the list is full, the oldest ban of the guard makes room.
   * Those of the configuration need no place: it cannot name more than 5,000, and each one has to hold.
   * @returns false when all places are taken by bans that people have made
   */
  add(ban: Ban): boolean {
    const range = parseRange(ban.address);
    if (range === undefined) throw new RangeError(`not a range of addresses: ${ban.address}`);
    const address = formatRange(range);
    this.#dropEnded(this.#now());
    const needsPlace = ban.by !== "file" && !this.#bans.has(address);
    if (needsPlace && this.#bans.size >= this.#max && !this.#makeRoom()) return false;
    this.#bans.delete(address);
    this.#bans.set(address, ban);
    this.#ranges.set(range, ban);
    this.#nextEnd = Math.min(this.#nextEnd, ban.until ?? Number.POSITIVE_INFINITY);
    this.#announce({ kind: "banned", ban });
    return true;
  }

  /** @returns whether there was a ban of exactly this range */
  remove(address: string): boolean {
    if (!this.#forget(address)) return false;
    this.#announce({ kind: "unbanned", address });
    return true;
  }

  /** A copy of another list does the same. */
  apply(change: BanChange): void {
    if (change.kind === "banned") this.add(change.ban);
    else this.remove(change.address);
  }

  onBan(call: (ban: Ban) => void): () => void {
    return this.onChange((change) => {
      if (change.kind === "banned") call(change.ban);
    });
  }

  /** Calls for each change; that a ban has ended is none. @returns how to stop that */
  onChange(call: (change: BanChange) => void): () => void {
    this.#listeners.add(call);
    return () => this.#listeners.delete(call);
  }

  #announce(change: BanChange): void {
    for (const call of [...this.#listeners]) call(change);
  }

  #makeRoom(): boolean {
    for (const [address, { by }] of this.#bans) if (by === "guard") return this.remove(address);
    return false;
  }

  #forget(address: string): boolean {
    const range = parseRange(address);
    if (range !== undefined) this.#ranges.delete(range);
    return this.#bans.delete(address);
  }

  #dropEnded(now: number): void {
    if (now < this.#nextEnd) return;
    this.#nextEnd = Number.POSITIVE_INFINITY;
    for (const [address, { until }] of this.#bans) {
      if (until === null) continue;
      if (until <= now) this.#forget(address);
      else this.#nextEnd = Math.min(this.#nextEnd, until);
    }
  }
}
