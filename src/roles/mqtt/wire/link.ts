import type { Conversation, Traffic } from "../../../core/traffic.ts";
import type { Lease } from "../../../net/tcp/buffers.ts";
import type { Counters } from "./counters.ts";
import { traceBytesOut } from "./trace.ts";

/** What a connection's bytes go out through: a TCP connection, a WebSocket, or a test. */
export interface Link {
  /** Takes all of `bytes`; they are the caller's again when it returns, unless they come with a lease. */
  write(bytes: Uint8Array, lease?: Lease): unknown;
  /** Bytes that the network has not taken yet. */
  readonly buffered: number;
  /** Stops and restarts reading. */
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then closes. */
  end(): void;
  /** Closes now. */
  destroy(): void;
}

/** The network's side of a connection, with what is known about it. */
export interface Peer extends Link {
  readonly conversation: Conversation;
}

const noSecrets: readonly Uint8Array[] = [];

/** A link that counts its outgoing bytes and shows them to observers, whatever transport is below. */
export class MeteredLink implements Link {
  readonly #link: Peer;
  readonly #counters: Counters;
  readonly #traffic: Traffic;
  readonly #showRead: () => void;
  /** What observers must not see of the next bytes. */
  #secrets = noSecrets;
  #written = 0;

  /** @param showRead shows observers what has been read: they are about to be shown what is written */
  constructor(link: Peer, counters: Counters, traffic: Traffic, showRead: () => void) {
    this.#link = link;
    this.#counters = counters;
    this.#traffic = traffic;
    this.#showRead = showRead;
  }

  /** The next write holds this secret: only the client may see it. */
  redactNext(secret: Uint8Array): void {
    this.#secrets = [...this.#secrets, secret];
  }

  get buffered(): number {
    return this.#link.buffered;
  }

  write(bytes: Uint8Array, lease?: Lease): unknown {
    this.#counters.bytesOut += bytes.length;
    if (this.#traffic.sample("bytes")) {
      this.#showRead();
      traceBytesOut(this.#traffic, this.#link.conversation, bytes, this.#secrets, this.#written);
    }
    this.#written += bytes.length;
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
