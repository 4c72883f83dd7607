import type { Lease } from "../../../net/tcp/buffers.ts";
import type { Link } from "./link.ts";

interface Write {
  readonly bytes: Uint8Array;
  readonly lease: Lease | undefined;
}

/** Writes that overflow a connection's buffer while a transaction is open: nobody may see them before it commits. */
export class DeferredWrites {
  #writes: Write[] = [];
  /** In bytes. */
  length = 0;

  /** Bytes that come with a lease are referred to, others are copied. */
  add(bytes: Uint8Array, lease: Lease | undefined): void {
    lease?.hold();
    this.#writes.push({ bytes: lease === undefined ? new Uint8Array(bytes) : bytes, lease });
    this.length += bytes.length;
  }

  writeTo(link: Link): void {
    const writes = this.#writes;
    this.#writes = [];
    this.length = 0;
    for (const { bytes, lease } of writes) {
      link.write(bytes, lease);
      lease?.release();
    }
  }

  clear(): void {
    for (const { lease } of this.#writes) lease?.release();
    this.#writes = [];
    this.length = 0;
  }
}
