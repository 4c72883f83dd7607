import type { TcpClient } from "../../net/tcp-client.ts";
import { PeerError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";

/** The length of the whole message that these bytes begin with; undefined: cannot tell yet. */
export type Recognise = (bytes: Uint8Array) => number | undefined;

/** Milliseconds without a byte after which an answer that looks whole, or still too short, is taken as it is. */
const quietAfter = { plausible: 100, short: 1000 };

/** Bytes, beside the expected ones, after which a peer that goes on without a pause is left. */
export const maxMessage = 16 * 1024 * 1024;

/**
 * Messages from a byte stream that has no frames. What is expected is recognised at once, however it was cut
 * into segments; anything else ends where the peer falls silent.
 */
export class MessageReader {
  /** When the last bytes came, on the clock of `performance.now`: silence that was waited for is not the peer's. */
  lastByteAt = 0;
  readonly #client: TcpClient;
  #left: Uint8Array = new Uint8Array(0);

  constructor(client: TcpClient) {
    this.#client = client;
  }

  /**
   * The answer to a request; undefined when the peer has ended instead. Fewer than `plausible` bytes are given
   * more time before silence counts as their end.
   * @throws {PeerError} when the peer says more than a message can hold
   */
  async answer(recognise: Recognise, plausible: number): Promise<Uint8Array | undefined> {
    for (;;) {
      const have = this.#left;
      const whole = have.length > 0 ? recognise(have) : undefined;
      if (whole !== undefined) return this.#split(whole);
      if (have.length > maxMessage + plausible) throw this.#tooMuch();
      const patience = have.length < plausible ? quietAfter.short : quietAfter.plausible;
      const next = await this.#client.read(have.length === 0 ? undefined : patience);
      if (next.kind === "bytes") {
        this.lastByteAt = performance.now();
        this.#left = have.length === 0 ? next.bytes : Buffer.concat([have, next.bytes]);
      } else return have.length === 0 ? undefined : this.#split(have.length);
    }
  }

  /** What the peer says unasked, one chunk one message, until it ends or `stop` is aborted. */
  async listen(heard: (message: Uint8Array) => void, stop: AbortSignal): Promise<"ended" | "stopped"> {
    if (this.#left.length > 0) heard(this.#split(this.#left.length));
    for (;;) {
      const next = await this.#client.read(undefined, stop);
      if (next.kind === "quiet") return "stopped";
      if (next.kind === "end") return "ended";
      heard(next.bytes);
    }
  }

  #tooMuch(): PeerError {
    const peer = peerName(this.#client.remote);
    return new PeerError("bad-answer", `${peer} sends more than ${maxMessage} bytes as one message`);
  }

  #split(length: number): Uint8Array {
    const message = this.#left.subarray(0, length);
    this.#left = this.#left.subarray(length);
    return message;
  }
}

/**
 * Recognises one of the `candidates`, the longest first. Only the longest may have something behind it: more bytes
 * than a shorter one has are an answer in other words.
 */
export function anyOf(candidates: readonly Uint8Array[]): Recognise {
  const sorted = candidates.toSorted((one, other) => other.length - one.length);
  return (bytes) =>
    sorted.find(
      (candidate, index) =>
        startsWith(bytes, candidate) && (index === 0 || bytes.length === candidate.length),
    )?.length;
}

/** The words that a peer puts around what it repeats. */
export interface Surroundings {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** How `answer` repeats `sent`; undefined when it does not, or more than once. */
export function surroundings(answer: Uint8Array, sent: Uint8Array): Surroundings | undefined {
  const bytes = Buffer.from(answer);
  const at = bytes.indexOf(sent);
  if (at < 0 || bytes.indexOf(sent, at + 1) >= 0) return undefined;
  return { before: answer.slice(0, at), after: answer.slice(at + sent.length) };
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  bytes.length >= start.length && Buffer.compare(bytes.subarray(0, start.length), start) === 0;
