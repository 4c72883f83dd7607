/**
 * Who subscribes to which beginnings of messages. A message is looked up once for each length that a subscription has,
 * not once for each subscription.
 */
export class Subscriptions<T> {
  readonly #byPrefix = new Map<string, Set<T>>();
  /** How many of the prefixes have this length. */
  readonly #lengths = new Map<number, number>();

  add(prefix: string, subscriber: T): void {
    const subscribers = this.#byPrefix.get(prefix);
    if (subscribers !== undefined) {
      subscribers.add(subscriber);
      return;
    }
    this.#byPrefix.set(prefix, new Set([subscriber]));
    this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
  }

  remove(prefix: string, subscriber: T): void {
    const subscribers = this.#byPrefix.get(prefix);
    if (subscribers === undefined || !subscribers.delete(subscriber) || subscribers.size > 0) return;
    this.#byPrefix.delete(prefix);
    const left = (this.#lengths.get(prefix.length) ?? 1) - 1;
    if (left === 0) this.#lengths.delete(prefix.length);
    else this.#lengths.set(prefix.length, left);
  }

  /** Everybody who subscribes to a beginning of `bytes`, once. */
  matching(bytes: Uint8Array): ReadonlySet<T> {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    let only: Set<T> | undefined;
    let several: Set<T> | undefined;
    for (const length of this.#lengths.keys()) {
      const found = length > text.length ? undefined : this.#byPrefix.get(text.slice(0, length));
      if (found === undefined) continue;
      if (only === undefined) only = found;
      else {
        several ??= new Set(only);
        for (const subscriber of found) several.add(subscriber);
      }
    }
    return several ?? only ?? new Set();
  }
}
