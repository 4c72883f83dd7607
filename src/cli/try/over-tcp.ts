import { dialTcp, type TcpClient } from "../../net/tcp-client.ts";
import { PeerError } from "../exit.ts";
import { type Peer, peerName, reaching } from "../peer.ts";

/** No answer of a lab's service is longer; a peer that sends for ever is not read for ever. */
const longest = 1024 * 1024;

/** Milliseconds without a further byte after which an answer without a frame is taken for whole. */
const lull = 100;

/** Connects, and closes whatever happens. @throws {PeerError} */
export function overTcp<T>(
  peer: Peer,
  signal: AbortSignal,
  work: (client: TcpClient) => Promise<T>,
): Promise<T> {
  return reaching(peer, async () => {
    const client = await dialTcp({ ...peer, signal });
    try {
      return await work(client);
    } finally {
      client.close();
    }
  });
}

/** An answer without a frame: what comes until the peer is silent for a moment, or ends. @throws {PeerError} */
export async function readAnswer(client: TcpClient, peer: Peer, signal: AbortSignal): Promise<Uint8Array> {
  const first = await client.read(undefined, signal);
  if (first.kind === "quiet") throw new PeerError("timeout", `${peerName(peer)} did not answer in time`);
  if (first.kind === "end") throw new PeerError("closed", `${peerName(peer)} closed the connection`);
  return readOn(client, first.bytes, lull, signal);
}

/** What comes until the peer ends. @throws {PeerError} */
export async function readToEnd(client: TcpClient, peer: Peer, signal: AbortSignal): Promise<Uint8Array> {
  const all = await readOn(client, new Uint8Array(), undefined, signal);
  if (signal.aborted) throw new PeerError("timeout", `${peerName(peer)} did not end its answer in time`);
  return all;
}

async function readOn(
  client: TcpClient,
  first: Uint8Array,
  patience: number | undefined,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks = [first];
  let size = first.length;
  while (size < longest) {
    const next = await client.read(patience, signal);
    if (next.kind !== "bytes") break;
    chunks.push(next.bytes);
    size += next.bytes.length;
  }
  return Buffer.concat(chunks);
}
