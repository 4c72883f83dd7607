import type { ZmqPeer } from "../../net/zmq/server.ts";
import type { Command } from "../../protocol/zmtp/command.ts";
import type { Parts } from "../../protocol/zmtp/frame.ts";
import { Subscriptions } from "../../protocol/zmtp/subscriptions.ts";
import { ZmtpError } from "../../protocol/zmtp/zmtp-error.ts";

/** Bytes of a subscription's prefix. */
export const maxPrefix = 1024;

/** Memory for the subscriptions of one peer, and of all of them; each takes its bytes and `entryCost`. */
const maxPerPeer = 1024 * 1024;
const maxTogether = 64 * 1024 * 1024;
const entryCost = 128;

interface Subscriber {
  /** How often it has subscribed to each prefix: it must cancel as often. */
  readonly counts: Map<string, number>;
  memory: number;
}

/** The subscribers of a PUB socket and what they subscribe to, bounded in memory. */
export class SubscriberTable {
  readonly #subscriptions = new Subscriptions<ZmqPeer>();
  readonly #subscribers = new Map<ZmqPeer, Subscriber>();
  #memory = 0;

  /** Bytes in memory. */
  get memory(): number {
    return this.#memory;
  }

  matching([first]: Parts): ReadonlySet<ZmqPeer> {
    return this.#subscriptions.matching(first ?? new Uint8Array());
  }

  /**
   * Peers of ZMTP 3.0 subscribe and cancel by a message that begins with 1 or 0. An XSUB socket may send others, which
   * mean nothing to a PUB socket.
   * @throws {ZmtpError}
   */
  message(peer: ZmqPeer, [first]: Parts): void {
    if (first === undefined) return;
    if (first[0] === 1) this.#subscribe(peer, first.subarray(1));
    else if (first[0] === 0) this.#cancel(peer, first.subarray(1));
  }

  /** Peers of ZMTP 3.1 do so by commands. @throws {ZmtpError} */
  command(peer: ZmqPeer, { name, data }: Command): void {
    if (name === "SUBSCRIBE") this.#subscribe(peer, data);
    else if (name === "CANCEL") this.#cancel(peer, data);
  }

  remove(peer: ZmqPeer): void {
    const subscriber = this.#subscribers.get(peer);
    if (subscriber === undefined) return;
    this.#subscribers.delete(peer);
    this.#memory -= subscriber.memory;
    for (const prefix of subscriber.counts.keys()) this.#subscriptions.remove(prefix, peer);
  }

  #subscribe(peer: ZmqPeer, bytes: Uint8Array): void {
    if (bytes.length > maxPrefix) {
      throw new ZmtpError(`it subscribed to a prefix of ${bytes.length} bytes, and ${maxPrefix} are allowed`);
    }
    const prefix = asText(bytes);
    const subscriber = this.#subscribers.get(peer) ?? { counts: new Map<string, number>(), memory: 0 };
    this.#subscribers.set(peer, subscriber);
    const count = subscriber.counts.get(prefix) ?? 0;
    if (count === 0) this.#charge(subscriber, prefix);
    subscriber.counts.set(prefix, count + 1);
    this.#subscriptions.add(prefix, peer);
  }

  #cancel(peer: ZmqPeer, bytes: Uint8Array): void {
    const prefix = asText(bytes);
    const subscriber = this.#subscribers.get(peer);
    const count = subscriber?.counts.get(prefix);
    if (subscriber === undefined || count === undefined) return;
    if (count > 1) {
      subscriber.counts.set(prefix, count - 1);
      return;
    }
    subscriber.counts.delete(prefix);
    subscriber.memory -= prefix.length + entryCost;
    this.#memory -= prefix.length + entryCost;
    this.#subscriptions.remove(prefix, peer);
  }

  #charge(subscriber: Subscriber, prefix: string): void {
    const cost = prefix.length + entryCost;
    if (subscriber.memory + cost > maxPerPeer) {
      throw new ZmtpError(
        `its ${subscriber.counts.size} subscriptions take ${maxPerPeer} bytes, the most allowed`,
      );
    }
    if (this.#memory + cost > maxTogether) {
      throw new ZmtpError(`all subscriptions together take ${maxTogether} bytes, the most allowed`);
    }
    subscriber.memory += cost;
    this.#memory += cost;
  }
}

/** A character for each byte. */
const asText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
