import type { Instant } from "../frame.ts";

const isAfter = (one: Instant, other: Instant): boolean =>
  one.seconds > other.seconds || (one.seconds === other.seconds && one.nanoseconds > other.nanoseconds);

/** Times that are each later than the one before, by a nanosecond where the clock has not moved, or was put back. */
export class IncreasingTime {
  #last: Instant = { seconds: 0, nanoseconds: -1 };

  /** @param milliseconds since 1970, by the clock */
  next(milliseconds: number): Instant {
    const seconds = Math.floor(milliseconds / 1000);
    const now = { seconds, nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
    this.#last = isAfter(now, this.#last) ? now : following(this.#last);
    return this.#last;
  }
}

const following = ({ seconds, nanoseconds }: Instant): Instant =>
  nanoseconds < 999_999_999
    ? { seconds, nanoseconds: nanoseconds + 1 }
    : { seconds: seconds + 1, nanoseconds: 0 };
