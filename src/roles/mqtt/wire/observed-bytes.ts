/** What a larger chunk has needed is not kept for ever, in bytes. */
const maxKept = 1024 * 1024;

/** Copies of what is read, for observers, in memory that is used again: one chunk is read whole before the next one. */
export class ObservedBytes {
  #kept: Buffer | undefined;

  /** @returns at least the bytes from `from` up to `limit`, at its beginning */
  copy(bytes: Buffer, from: number, limit: number): Buffer {
    const kept = this.#kept;
    // Should another chunk be read before this one's is given back, it has a copy of its own.
    this.#kept = undefined;
    const needed = limit - from;
    const copy = kept !== undefined && needed <= kept.length ? kept : Buffer.allocUnsafeSlow(needed);
    bytes.copy(copy, 0, from, limit);
    return copy;
  }

  /** Nobody needs the copy any more. */
  giveBack(copy: Buffer): void {
    if (copy.length <= maxKept) this.#kept = copy;
  }
}
