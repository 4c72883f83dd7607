import { dialTcp, type TcpClient } from "../../net/tcp-client.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName, reaching } from "../program/peer.ts";
import { type Exchange, type Spoken, spokenBytes } from "./trial.ts";

/** No answer of a lab's service is longer; a peer that sends for ever is not read for ever. */
const longest = 1024 * 1024;

/** Milliseconds without a further byte after which an answer without a frame is taken for whole. */
const lull = 100;

/** What came, and when the last of it did: the wait for more is no part of an answer's time. */
interface Answer {
  readonly bytes: Uint8Array;
  /** As performance.now() counts. */
  readonly at: number;
}

/** Connects, and closes whatever happens; once the signal is aborted, whoever still waits is woken by that. */
export function overTcp<T>(
  peer: Peer,
  signal: AbortSignal,
  work: (client: TcpClient) => Promise<T>,
): Promise<T> {
  return reaching(peer, async () => {
    const client = await dialTcp({ ...peer, signal });
    const giveUp = () => client.close();
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      return await work(client);
    } finally {
      signal.removeEventListener("abort", giveUp);
      client.close();
    }
  });
}

export const answered = (request: Spoken, { bytes, at }: Answer): Exchange => ({
  request,
  reply: spokenBytes(bytes),
  answeredAt: at,
});

/** An answer without a frame: what comes until the peer is silent for a moment, or ends. @throws {PeerError} */
export async function readAnswer(client: TcpClient, peer: Peer, signal: AbortSignal): Promise<Answer> {
  const first = await client.read(undefined, signal);
  signal.throwIfAborted();
  if (first.kind !== "bytes") throw new PeerError("closed", `${peerName(peer)} closed the connection`);
  return readOn(client, first.bytes, lull, signal);
}

/** What comes until the peer ends. */
export async function readToEnd(client: TcpClient, signal: AbortSignal): Promise<Answer> {
  const all = await readOn(client, new Uint8Array(), undefined, signal);
  signal.throwIfAborted();
  return all;
}

async function readOn(
  client: TcpClient,
  first: Uint8Array,
  patience: number | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const chunks = [first];
  let size = first.length;
  let at = performance.now();
  while (size < longest) {
    const next = await client.read(patience, signal);
    if (next.kind !== "bytes") break;
    at = performance.now();
    chunks.push(next.bytes);
    size += next.bytes.length;
  }
  return { bytes: Buffer.concat(chunks), at };
}
