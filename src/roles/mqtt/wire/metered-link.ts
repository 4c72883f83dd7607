import type { Lease } from "../../../net/lease.ts";
import type { Broker } from "../broker/broker.ts";
import type { Peer } from "../client/connection.ts";
import type { Link } from "./outbound-buffer.ts";
import { tellWritten } from "./trace-bytes.ts";

const noSecrets: readonly Uint8Array[] = [];

/** A link whose bytes are counted, and told to observers, as they go out, whatever carries them. */
export class MeteredLink implements Link {
  readonly #link: Peer;
  readonly #broker: Broker;
  /** What observers must not see of the next bytes. */
  #secrets = noSecrets;

  constructor(link: Peer, broker: Broker) {
    this.#link = link;
    this.#broker = broker;
  }

  /** The bytes that are written next hold this: it is nobody's to see but the client's. */
  conceal(secret: Uint8Array): void {
    this.#secrets = [...this.#secrets, secret];
  }

  get buffered(): number {
    return this.#link.buffered;
  }

  write(bytes: Uint8Array, lease?: Lease): unknown {
    const { counters, traffic } = this.#broker;
    counters.bytesOut += bytes.length;
    if (traffic.wants("bytes")) tellWritten(traffic, this.#link.conversation, bytes, this.#secrets);
    this.#secrets = noSecrets;
    return this.#link.write(bytes, lease);
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
