import type { Lease } from "../../../net/lease.ts";
import type { Link } from "./outbound-buffer.ts";

interface Part {
  readonly bytes: Uint8Array;
  readonly lease: Lease | undefined;
}

/** What a connection has to say beyond what its buffer takes, while something under way must not be heard of yet. */
export class LateBytes {
  #parts: Part[] = [];
  length = 0;

  /** Bytes that come with a lease are referred to, others are copied. */
  add(bytes: Uint8Array, lease: Lease | undefined): void {
    lease?.hold();
    this.#parts.push({ bytes: lease === undefined ? new Uint8Array(bytes) : bytes, lease });
    this.length += bytes.length;
  }

  writeTo(link: Link): void {
    const parts = this.#parts;
    this.#parts = [];
    this.length = 0;
    for (const { bytes, lease } of parts) {
      link.write(bytes, lease);
      lease?.release();
    }
  }

  clear(): void {
    for (const { lease } of this.#parts) lease?.release();
    this.#parts = [];
    this.length = 0;
  }
}
