import type { TcpClient } from "../../net/tcp/client.ts";
import { PeerError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";
import type { MessageLength } from "./framing.ts";

/** Milliseconds of silence that end a reply whose length is unknown: with `minLength` bytes, and with fewer. */
const endingSilence = { enough: 100, short: 1000 };

/** Bytes, besides the expected ones, after which a peer that sends without a pause is given up. */
export const maxMessage = 16 * 1024 * 1024;

/** Called with bytes of a reply as they have arrived, and how many of that reply came before. */
export type OnBytes = (bytes: Uint8Array, before: number) => void;

/**
 * Reads messages from a byte stream that has no frames. A message of known length ends there, however it was cut
 * into segments; any other ends when the peer falls silent.
 */
export class MessageReader {
  /** When the last bytes came, as `performance.now` counts: the silence after them is not the peer's time. */
  lastByteAt = 0;
  readonly #client: TcpClient;
  readonly #onBytes: OnBytes | undefined;
  /** Bytes received and not yet returned. */
  #unread: Uint8Array = new Uint8Array(0);

  constructor(client: TcpClient, onBytes?: OnBytes) {
    this.#client = client;
    this.#onBytes = onBytes;
  }

  /**
   * The reply to a request; undefined when the peer closes instead. Fewer than `minLength` bytes get more time
   * before silence ends them.
   * @throws {PeerError} when the peer sends more than `maxMessage`
   */
  async reply(replyLength: MessageLength, minLength: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const have = this.#unread;
      const whole = have.length > 0 ? replyLength(have) : undefined;
      if (whole !== undefined) return this.#take(whole);
      if (have.length > maxMessage + minLength) throw this.#tooMuch();
      const silence = have.length < minLength ? endingSilence.short : endingSilence.enough;
      const next = await this.#client.read(have.length === 0 ? undefined : silence);
      if (next.kind === "bytes") {
        this.lastByteAt = performance.now();
        this.#onBytes?.(next.bytes, have.length);
        this.#unread = have.length === 0 ? next.bytes : Buffer.concat([have, next.bytes]);
      } else return have.length === 0 ? undefined : this.#take(have.length);
    }
  }

  /** Passes on unsolicited messages, one per chunk, until the peer closes or `stop` is aborted. */
  async listen(onMessage: (message: Uint8Array) => void, stop: AbortSignal): Promise<"ended" | "stopped"> {
    if (this.#unread.length > 0) onMessage(this.#take(this.#unread.length));
    for (;;) {
      const next = await this.#client.read(undefined, stop);
      if (next.kind === "quiet") return "stopped";
      if (next.kind === "end") return "ended";
      onMessage(next.bytes);
    }
  }

  #tooMuch(): PeerError {
    const peer = peerName(this.#client.remote);
    return new PeerError("bad-answer", `${peer} sends more than ${maxMessage} bytes as one message`);
  }

  #take(length: number): Uint8Array {
    const message = this.#unread.subarray(0, length);
    this.#unread = this.#unread.subarray(length);
    return message;
  }
}
