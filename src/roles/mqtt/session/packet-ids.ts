/** So many in a set take as much memory as all there are in a row of bits. */
const few = 200;

const noBits = new Uint8Array(0);

/**
 * A set of packet identifiers. Before MQTT 5 a client cannot be told how many it may use, so it may use all 65,535;
 * they take 8 KiB then, and not two megabytes, for as long as its session is kept.
 */
export class PacketIds {
  readonly #few = new Set<number>();
  /** One for each identifier, once they are many; until then empty. */
  #bits = noBits;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return this.#bits.length === 0 ? this.#few.has(id) : (this.#bits[id >> 3]! & (1 << (id & 7))) !== 0;
  }

  add(id: number): void {
    if (this.has(id)) return;
    if (this.#size++ === few) this.#spread();
    if (this.#bits.length === 0) this.#few.add(id);
    else this.#set(id);
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    if (!this.has(id)) return false;
    this.#size--;
    if (this.#bits.length === 0) return this.#few.delete(id);
    this.#bits[id >> 3]! &= ~(1 << (id & 7));
    if (this.#size === 0) this.#bits = noBits;
    return true;
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    if (this.#bits.length === 0) yield* this.#few;
    else for (let id = 1; id <= 65_535; id++) if (this.has(id)) yield id;
  }

  #spread(): void {
    if (this.#bits.length > 0) return;
    this.#bits = new Uint8Array(8 * 1024);
    for (const id of this.#few) this.#set(id);
    this.#few.clear();
  }

  #set(id: number): void {
    this.#bits[id >> 3]! |= 1 << (id & 7);
  }
}
