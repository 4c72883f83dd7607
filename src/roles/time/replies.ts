import { secondClock } from "../../protocol/text/clock.ts";
import type { LineEnd, TimeRequest } from "../../protocol/text/time-request.ts";

export interface Replies {
  readonly time: Uint8Array;
  readonly invalid: Uint8Array;
}

const encoder = new TextEncoder();
const lineEnds: readonly LineEnd[] = ["", "\n", "\r\n"];

/** Encoded replies, cached for the current second: the time is formatted once per second, not per request. */
export class ReplyCache {
  readonly #prefix: string;
  readonly #clock: (milliseconds: number) => string;
  readonly #time = new Map<LineEnd, Uint8Array>();
  readonly #invalid = new Map(lineEnds.map((end) => [end, encoder.encode(`Invalid request${end}`)]));
  readonly #ends = new Map(lineEnds.map((end) => [end, encoder.encode(end)]));
  #second = -1;

  constructor(config: { prefix: string; format: string; zone: string }) {
    this.#prefix = config.prefix;
    this.#clock = secondClock(config.format, config.zone);
  }

  /** The reply to `request`; undefined: the connection is closed instead. */
  answer(request: TimeRequest, now: number): Uint8Array | undefined {
    switch (request.kind) {
      case "time":
        return this.time(request.end, now);
      case "invalid":
        return this.#invalid.get(request.end);
      case "end":
        return this.#ends.get(request.end);
      case "quit":
        return undefined;
    }
  }

  time(end: LineEnd, now: number): Uint8Array {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      const text = this.#prefix + this.#clock(now);
      for (const lineEnd of lineEnds) this.#time.set(lineEnd, encoder.encode(text + lineEnd));
    }
    return this.#time.get(end)!;
  }
}
