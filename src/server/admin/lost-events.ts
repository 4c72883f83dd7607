export interface LostCount {
  /** Empty when the events may be of any service. */
  readonly service: string;
  /**
   * The kind of the events that sampling dropped; `slow-reader` for events that did not fit into the send buffer;
   * `history` for events that the history has evicted.
   */
  readonly kind: string;
  readonly count: number;
}

/** Counts the events that one reader did not get, until the send buffer has room to report them. */
export class LostEvents {
  readonly #counts = new Map<string, LostCount>();
  readonly #send: (count: LostCount) => boolean;

  /** @param send returns false when the send buffer is full */
  constructor(send: (count: LostCount) => boolean) {
    this.#send = send;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  add(service: string, kind: string, count: number): void {
    const key = `${service} ${kind}`;
    const before = this.#counts.get(key)?.count ?? 0;
    this.#counts.set(key, { service, kind, count: before + count });
  }

  /** Sends the counts, as far as the send buffer has room. */
  flush(): void {
    for (const [key, count] of this.#counts) {
      if (!this.#send(count)) return;
      this.#counts.delete(key);
    }
  }
}
