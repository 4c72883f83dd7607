import { ptr } from "bun:ffi";
import { libc } from "../libc.ts";

/** A connection that is not read for a while. */
export interface PausedPeer {
  /** Its socket's descriptor; undefined: it is gone. */
  readonly file: number | undefined;
  /** Without this, nothing that has come may be read before its turn. */
  readonly served: boolean;
  /** Its peer has sent FIN, and before it nothing that has not been read, or only a little: it is read on. */
  readToEnd(): void;
  /** Its peer has reset the connection. */
  wasReset(): void;
}

/** How often the kernel is asked, in milliseconds. */
const period = 1000;

/** What comes last is short: an MQTT DISCONNECT, a WebSocket's close frame, each in a record of TLS, and close_notify. */
const maxFarewell = 128;

const isLinux = process.platform === "linux";

/** POLLRDHUP; elsewhere POLLIN, which a FIN is, too, as are bytes. */
const ended = isLinux ? 0x2000 : 1;
const [messagePeek, dontWait] = [2, isLinux ? 0x40 : 0x80];

/** An entry of poll(2): the descriptor, and then the events asked for and those that there are, 16 bits each. */
const entryLength = 2;

/**
 * Notices that a peer has left which is not read, because it publishes too fast, does not read what it asked for, or waits for its
 * turn. Bun hides the FIN of a paused socket until it is read again, and that may be in an hour. So once a second one
 * poll(2) asks the kernel about all those of this thread that have been paused since the time before. While nothing is
 * paused there is no timer.
 *
 * What a peer has sent before its FIN is not skipped, so it is read on when there is nothing, or only a few bytes: the rest stays
 * in the kernel, where it is bounded, until the peer's turn has come.
 */
export class PausedPeers {
  /** Each with the round in which it was paused. */
  readonly #peers = new Map<PausedPeer, number>();
  readonly #farewell = new Uint8Array(maxFarewell + 1);
  #entries = new Int32Array(0);
  #round = 0;
  #timer: Timer | undefined;

  /** @param every milliseconds between two rounds */
  constructor(readonly every = period) {}

  get isWatching(): boolean {
    return this.#timer !== undefined;
  }

  add(peer: PausedPeer): void {
    if (libc() === undefined) return;
    this.#peers.set(peer, this.#round);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.look(), this.every);
    this.#timer.unref();
  }

  remove(peer: PausedPeer): void {
    this.#peers.delete(peer);
  }

  /** Asks the kernel about those that were paused before the last round; the timer does, once in a period. */
  look(): void {
    const round = this.#round++;
    // Most are paused for moments only.
    const peers = [...this.#peers].filter(([, since]) => since < round).map(([peer]) => peer);
    if (peers.length > 0) this.#ask(peers);
    if (this.#peers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #ask(peers: readonly PausedPeer[]): void {
    const entries = this.#filled(peers);
    const found = libc()?.poll(ptr(entries), peers.length, 0) ?? 0;
    if (found <= 0) return;
    for (const [i, peer] of peers.entries())
      if (((entries[i * entryLength + 1] ?? 0) >> 16) & ended) this.#hasEnded(peer);
  }

  #filled(peers: readonly PausedPeer[]): Int32Array {
    if (this.#entries.length < peers.length * entryLength)
      this.#entries = new Int32Array(2 * peers.length * entryLength);
    for (const [i, { file }] of peers.entries()) {
      // The kernel takes no notice of those below zero.
      this.#entries[i * entryLength] = file ?? -1;
      this.#entries[i * entryLength + 1] = ended;
    }
    return this.#entries;
  }

  #hasEnded(peer: PausedPeer): void {
    const { file } = peer;
    if (file === undefined) return;
    const bytes = this.#farewell;
    const unread = libc()?.recv(file, ptr(bytes), bytes.length, messagePeek | dontWait) ?? -1;
    // Asking takes the error away, so Bun will not see it.
    if (unread < 0) return this.#wasReset(peer);
    if (unread > (peer.served ? maxFarewell : 0)) return;
    // Elsewhere than on Linux bytes say nothing about an end.
    if (unread > 0 && !isLinux) return;
    this.#peers.delete(peer);
    peer.readToEnd();
  }

  #wasReset(peer: PausedPeer): void {
    this.#peers.delete(peer);
    peer.wasReset();
  }
}

/** Of all servers of this thread. */
export const pausedPeers = new PausedPeers();
