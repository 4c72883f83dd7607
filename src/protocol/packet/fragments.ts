/** A datagram of which not all fragments have come. */
interface Incomplete {
  readonly pieces: { readonly at: number; readonly bytes: Buffer }[];
  /** Known once the last fragment is there. */
  length: number | undefined;
  held: number;
  readonly since: number;
}

/** So many datagrams are put together at a time; the oldest is given up for a new one. */
const maxIncomplete = 256;
const maxDatagram = 65_535;
const maxPieces = 512;
/** Linux gives up after 30 s. (net.ipv4.ipfrag_time) */
const maxAge = 30e9;

/** Puts IP datagrams together from their fragments, in any order, within bounds. */
export class FragmentReassembly {
  readonly #incomplete = new Map<string, Incomplete>();

  /**
   * @param key of the datagram: addresses, protocol and identification
   * @param at of the fragment in the datagram
   * @param time in nanoseconds
   * @returns the whole payload of the datagram once its last missing fragment is there
   */
  add(key: string, at: number, bytes: Buffer, isLast: boolean, time: number): Buffer | undefined {
    if (at + bytes.length > maxDatagram) return undefined;
    let datagram = this.#incomplete.get(key);
    if (datagram !== undefined && time - datagram.since > maxAge) datagram = undefined;
    if (datagram === undefined) {
      datagram = { pieces: [], length: undefined, held: 0, since: time };
      this.#incomplete.delete(key);
      this.#makeRoom();
      this.#incomplete.set(key, datagram);
    }
    if (isLast) datagram.length ??= at + bytes.length;
    // The same fragment may be seen twice, on two interfaces.
    const isKnown = datagram.pieces.some((piece) => piece.at === at && piece.bytes.length === bytes.length);
    if (!isKnown && datagram.pieces.length < maxPieces && datagram.held + bytes.length <= 2 * maxDatagram) {
      datagram.pieces.push({ at, bytes: Buffer.from(bytes) });
      datagram.held += bytes.length;
    }
    const whole = joined(datagram);
    if (whole !== undefined) this.#incomplete.delete(key);
    return whole;
  }

  /** Datagrams of which fragments are missing. */
  get incomplete(): number {
    return this.#incomplete.size;
  }

  #makeRoom(): void {
    if (this.#incomplete.size < maxIncomplete) return;
    for (const oldest of this.#incomplete.keys()) {
      this.#incomplete.delete(oldest);
      return;
    }
  }
}

function joined({ pieces, length, held }: Incomplete): Buffer | undefined {
  if (length === undefined || held < length) return undefined;
  const whole = Buffer.alloc(length);
  let end = 0;
  for (const { at, bytes } of pieces.toSorted((one, other) => one.at - other.at)) {
    if (at > end || at + bytes.length > length) return undefined;
    bytes.copy(whole, at);
    end = Math.max(end, at + bytes.length);
  }
  return end === length ? whole : undefined;
}
