import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";

/** More than any answer of these services has; a peer that sends for ever is not read for ever. */
const maxAnswer = 4 * 1024 * 1024;

export interface WholeAnswer {
  readonly response: Response;
  readonly body: Uint8Array;
}

/**
 * One request and the whole of its answer. Redirects are not followed: what they lead to is another peer.
 * @throws {PeerError} when the peer does not speak HTTP, or does not stop speaking
 */
export async function fetchWhole(peer: Peer, url: string, init: RequestInit): Promise<WholeAnswer> {
  try {
    const response = await fetch(url, { ...init, redirect: "manual" });
    return { response, body: await readBody(response, peer) };
  } catch (error) {
    throw isMalformed(error) ? new PeerError("bad-answer", `${peerName(peer)} does not speak HTTP`) : error;
  }
}

async function readBody(response: Response, peer: Peer): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxAnswer)
      throw new PeerError("bad-answer", `${peerName(peer)} answers more than ${maxAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** What fetch throws when the bytes that came back are no HTTP. */
const isMalformed = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "Malformed_HTTP_Response";
