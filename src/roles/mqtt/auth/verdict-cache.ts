import { createHmac, randomBytes } from "node:crypto";
import type { Admission, Verdict } from "../ports/access.ts";
import type { Refusal } from "../ports/authentication.ts";

interface Entry {
  readonly verdict: Exclude<Verdict, number>;
  readonly at: number;
  readonly size: number;
}

/** Of an entry without groups and rules, roughly. */
const entrySize = 300;

/**
 * What was said of whom, by a digest of all that was asked under a key of this process: neither a password nor its hash is
 * kept. What was needed least recently makes room.
 */
export class VerdictCache {
  readonly #key = randomBytes(32);
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  digest(question: string): string {
    return createHmac("sha256", this.#key).update(question).digest("base64");
  }

  /** @param since when it must have been said */
  get(digest: string, since: number): Admission | Refusal | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined || entry.at < since) return undefined;
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    return entry.verdict;
  }

  set(digest: string, verdict: Admission | Refusal, at: number): void {
    this.delete(digest);
    const size = entrySize + JSON.stringify(verdict).length * 2;
    this.#entries.set(digest, { verdict, at, size });
    this.#bytes += size;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }

  delete(digest: string): void {
    this.#bytes -= this.#entries.get(digest)?.size ?? 0;
    this.#entries.delete(digest);
  }
}
