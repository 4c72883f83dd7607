import type { Counters } from "./counters.ts";
import type { Link } from "./output.ts";

/** A link whose bytes are counted as they go out, whatever carries them. */
export class MeteredLink implements Link {
  readonly #link: Link;
  readonly #counters: Counters;

  constructor(link: Link, counters: Counters) {
    this.#link = link;
    this.#counters = counters;
  }

  get buffered(): number {
    return this.#link.buffered;
  }

  write(bytes: Uint8Array): unknown {
    this.#counters.bytesOut += bytes.length;
    return this.#link.write(bytes);
  }

  pause(): void {
    this.#link.pause();
  }

  resume(): void {
    this.#link.resume();
  }

  end(): void {
    this.#link.end();
  }

  destroy(): void {
    this.#link.destroy();
  }
}
