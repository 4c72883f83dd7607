export interface LeftOutCount {
  /** Empty where it is not known, or is several. */
  readonly service: string;
  /** A kind of event; `slow-reader` for what the reader had no room for; `history` for what is no longer kept. */
  readonly kind: string;
  readonly count: number;
}

/** What one reader was not shown, summed up until there is room to tell it. */
export class LeftOut {
  readonly #counts = new Map<string, LeftOutCount>();
  readonly #send: (count: LeftOutCount) => boolean;

  /** @param send returns false when there is no room for it */
  constructor(send: (count: LeftOutCount) => boolean) {
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

  /** As much of it as there is room for. */
  tell(): void {
    for (const [key, count] of this.#counts) {
      if (!this.#send(count)) return;
      this.#counts.delete(key);
    }
  }
}
