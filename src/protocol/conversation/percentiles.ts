/** Two values of a bucket differ by this factor at most. */
const factor = Math.log(1.01);

interface Bucket {
  count: number;
  sum: number;
}

/** Times, of which percentiles are asked for: within one per cent, and in bounded memory however many there are. */
export class Percentiles {
  readonly #buckets = new Map<number, Bucket>();
  count = 0;
  sum = 0;
  min = Number.POSITIVE_INFINITY;
  max = 0;

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    const index = value < 1 ? -1 : Math.floor(Math.log(value) / factor);
    const bucket = this.#buckets.get(index);
    if (bucket === undefined) this.#buckets.set(index, { count: 1, sum: value });
    else {
      bucket.count++;
      bucket.sum += value;
    }
  }

  merge(other: Percentiles): void {
    this.count += other.count;
    this.sum += other.sum;
    this.min = Math.min(this.min, other.min);
    this.max = Math.max(this.max, other.max);
    for (const [index, { count, sum }] of other.#buckets) {
      const bucket = this.#buckets.get(index) ?? { count: 0, sum: 0 };
      this.#buckets.set(index, { count: bucket.count + count, sum: bucket.sum + sum });
    }
  }

  /**
   * The value that `share` (0 to 1) of all do not exceed; where two of them have the same right to be it, as of the median
   * of an even number, what lies halfway. Undefined where there is none.
   */
  at(share: number): number | undefined {
    if (this.count === 0) return undefined;
    const place = share * this.count;
    const rank = Math.max(1, Math.ceil(place));
    const isShared = Number.isInteger(place) && rank === place && rank < this.count;
    const value = this.#ranked(rank);
    return isShared ? (value + this.#ranked(rank + 1)) / 2 : value;
  }

  /** @param rank 1 is the smallest's */
  #ranked(rank: number): number {
    let left = rank;
    for (const [, bucket] of [...this.#buckets].sort(([one], [other]) => one - other)) {
      left -= bucket.count;
      if (left <= 0) return bucket.sum / bucket.count;
    }
    return this.max;
  }
}
