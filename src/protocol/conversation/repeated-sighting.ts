import type { TcpHeader } from "../packet/tcp-header.ts";

const remembered = 8;
/** Within it, a packet with the same number from its sender's IP is the same packet. */
const maxDelayNumbered = 20e6;
/** Some packets have no number of their own. A retransmission follows no sooner than 1 ms. */
const maxDelay = 1e6;
const fields = 8;

/**
 * Recognizes a packet that the capture has twice, because it passed two interfaces of the machine (a bridge and its
 * port, with `-i any`), or left and came back on the loopback. A retransmission has a number of its own.
 */
export class RepeatedSighting {
  readonly #seen = new Float64Array(remembered * fields);
  #at = 0;
  #count = 0;

  /** @param identification of the IPv4 header; -1: none */
  isRepeated(header: TcpHeader, identification: number, time: number): boolean {
    const isNumbered = identification > 0;
    const limit = isNumbered ? maxDelayNumbered : maxDelay;
    const seen = this.#seen;
    for (let index = 0; index < this.#count; index++) {
      const at = index * fields;
      const isSame =
        seen[at + 1] === header.sequence &&
        seen[at + 2] === header.acknowledgement &&
        seen[at + 3] === header.flags &&
        seen[at + 4] === header.length &&
        seen[at + 5] === header.window &&
        seen[at + 6] === header.timestamp &&
        seen[at + 7] === identification;
      if (isSame && time - seen[at]! <= limit) return true;
    }
    this.#note(header, identification, time);
    return false;
  }

  #note(header: TcpHeader, identification: number, time: number): void {
    const at = this.#at * fields;
    const seen = this.#seen;
    seen[at] = time;
    seen[at + 1] = header.sequence;
    seen[at + 2] = header.acknowledgement;
    seen[at + 3] = header.flags;
    seen[at + 4] = header.length;
    seen[at + 5] = header.window;
    seen[at + 6] = header.timestamp;
    seen[at + 7] = identification;
    this.#at = (this.#at + 1) % remembered;
    this.#count = Math.min(remembered, this.#count + 1);
  }
}
