/** What one user, or one client without a user, has retained. */
interface Share {
  readonly number: number;
  readonly name: string;
  bytes: number;
  count: number;
}

/** The broker itself, other nodes, and what was restored: no share is counted for them. */
export const nobody = 0;

/**
 * Who retained how much. Each retained message has the number of its owner, not its name: there may be a million of
 * them.
 */
export class RetainedOwners {
  readonly #byName = new Map<string, Share>();
  readonly #byNumber = new Map<number, Share>();
  #lastNumber = nobody;

  /** The number to keep with a message of this owner. It is valid while the owner has retained something. */
  numberOf(name: string | undefined): number {
    if (name === undefined) return nobody;
    return (this.#byName.get(name) ?? this.#create(name)).number;
  }

  #create(name: string): Share {
    // Numbers of 32 bits; one that has come round again and is in use is passed over.
    do this.#lastNumber = (this.#lastNumber + 1) >>> 0 || 1;
    while (this.#byNumber.has(this.#lastNumber));
    const share = { number: this.#lastNumber, name, bytes: 0, count: 0 };
    this.#byName.set(name, share);
    this.#byNumber.set(share.number, share);
    return share;
  }

  /** Forgets an owner of nothing. */
  add(number: number, bytes: number, count: -1 | 0 | 1): void {
    const share = this.#byNumber.get(number);
    if (share === undefined) return;
    share.bytes += bytes;
    share.count += count;
    if (share.count > 0) return;
    this.#byNumber.delete(number);
    this.#byName.delete(share.name);
  }

  /** What the owner has retained. */
  held(name: string): { readonly bytes: number; readonly count: number } {
    return this.#byName.get(name) ?? nothing;
  }
}

const nothing = { bytes: 0, count: 0 };
