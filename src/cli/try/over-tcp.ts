import { onAbort } from "../../core/deadline.ts";
import { dialTcp, type TcpClient } from "../../net/tcp/client.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName, withPeerErrors } from "../program/peer.ts";
import { type Transcript, type WireData, wireBytes } from "./trial.ts";

/** Bytes; more than any answer of these services has. A peer that sends without end is given up. */
const maxAnswer = 1024 * 1024;

/** Milliseconds of silence that end an answer that has no frame. */
const endingSilence = 100;

/** The bytes received, and when the last of them came: the silence after them is not the peer's time. */
interface Answer {
  readonly bytes: Uint8Array;
  /** As performance.now() counts. */
  readonly lastByteAt: number;
}

/** Connects, runs `work`, and always closes the connection; an abort closes it at once, which ends pending reads. */
export function overTcp<T>(
  peer: Peer,
  signal: AbortSignal,
  work: (client: TcpClient) => Promise<T>,
): Promise<T> {
  return withPeerErrors(peer, async () => {
    const client = await dialTcp({ host: peer.host, port: peer.port, signal });
    const stopListening = onAbort(signal, () => client.close());
    try {
      return await work(client);
    } finally {
      stopListening();
      client.close();
    }
  });
}

export const answered = (request: WireData, { bytes, lastByteAt }: Answer): Transcript => ({
  request,
  reply: wireBytes(bytes),
  answeredAt: lastByteAt,
});

/** Reads an answer that has no frame: until the peer is silent for a moment, or closes. @throws {PeerError} */
export async function readAnswer(client: TcpClient, peer: Peer, signal: AbortSignal): Promise<Answer> {
  const first = await client.read(undefined, signal);
  signal.throwIfAborted();
  if (first.kind !== "bytes") throw new PeerError("closed", `${peerName(peer)} closed the connection`);
  return readOn(client, first.bytes, endingSilence, signal);
}

/** Reads until the peer closes. */
export async function readToEnd(client: TcpClient, signal: AbortSignal): Promise<Answer> {
  const all = await readOn(client, new Uint8Array(), undefined, signal);
  signal.throwIfAborted();
  return all;
}

/**
 * Reads whatever comes: for `wait` milliseconds until the first byte, then until so many milliseconds of silence.
 * @returns undefined when nothing came
 */
export async function readWhatever(
  client: TcpClient,
  wait: number,
  silence = endingSilence,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const first = await client.read(wait, signal);
  signal.throwIfAborted();
  return first.kind === "bytes" ? readOn(client, first.bytes, silence, signal) : undefined;
}

async function readOn(
  client: TcpClient,
  first: Uint8Array,
  silence: number | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const chunks = [first];
  let size = first.length;
  let lastByteAt = performance.now();
  while (size < maxAnswer) {
    const next = await client.read(silence, signal);
    if (next.kind !== "bytes") break;
    lastByteAt = performance.now();
    chunks.push(next.bytes);
    size += next.bytes.length;
  }
  return { bytes: Buffer.concat(chunks), lastByteAt };
}
