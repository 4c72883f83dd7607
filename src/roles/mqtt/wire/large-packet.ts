import type { Lease } from "../../../net/tcp/buffers.ts";
import { freeBuffer } from "../../../net/tcp/buffers.ts";

/** Packets from this size on are shared and not copied, in bytes. */
export const minLargePacket = 128 * 1024;

/**
 * A large inbound packet that nobody changes any more, counted by reference: everybody it is sent to, and everybody
 * who keeps its message, refers to the same bytes. When nobody needs them any more their memory is given back at
 * once. Measured from one publisher to one subscriber: 100 MB that are read as they come take 1.1 times their size.
 * A publisher that waits for nobody but the broker took the room of 3 such messages at most, and not of 9; at 1 MB
 * of 3 to 7 messages, and not of 100.
 */
export class LargePacket implements Lease {
  #holders = 1;
  #isKept = false;

  /** @param bytes the packet and nothing else; whoever makes this object is its first holder */
  constructor(readonly bytes: Buffer) {}

  hold(): void {
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders === 0 && !this.#isKept) freeBuffer(this.bytes);
  }

  /** A message that refers to the bytes outlives all leases: the garbage collector frees them. */
  keep(): void {
    this.#isKept = true;
  }
}
