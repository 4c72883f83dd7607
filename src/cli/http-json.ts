import { formatHostPort } from "../core/address.ts";
import { describeError } from "../core/errors.ts";
import { readJsonBytes } from "../protocol/json/read.ts";
import type { JsonValue } from "../protocol/json/value.ts";
import { PeerError } from "./exit.ts";
import { type Peer, peerName, reaching } from "./peer.ts";
import type { Session } from "./session.ts";

/** What a peer answered over HTTP, its numbers with all their digits. */
export interface HttpAnswer {
  readonly status: number;
  /** Undefined where the answer has no body. */
  readonly value: JsonValue | undefined;
  readonly ms: number;
}

/** More than any answer of these services has; a peer that sends for ever is not read for ever. */
const maxAnswer = 4 * 1024 * 1024;

/** @throws {PeerError} when the network fails, or what comes back is not JSON */
export function askHttp(
  session: Session,
  peer: Peer,
  path: string,
  init: { readonly method?: string; readonly body?: string } = {},
): Promise<HttpAnswer> {
  const url = `http://${formatHostPort(peer.host, peer.port)}${path}`;
  const headers: Record<string, string> =
    init.body === undefined ? {} : { "content-type": "application/json" };
  return reaching(peer, () =>
    session.within(`No answer from ${peerName(peer)}`, async (signal) => {
      const start = performance.now();
      const response = await fetch(url, { ...init, headers, signal, redirect: "manual" });
      const body = await readBody(response, peer);
      return {
        status: response.status,
        value: readAnswer(body, response, peer),
        ms: performance.now() - start,
      };
    }),
  );
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

function readAnswer(body: Uint8Array, { status }: Response, peer: Peer): JsonValue | undefined {
  if (body.length === 0) return undefined;
  try {
    return readJsonBytes(body);
  } catch (cause) {
    const reason = describeError(cause);
    throw new PeerError("bad-answer", `${peerName(peer)} answers ${status}, and not in JSON: ${reason}`, {
      cause,
    });
  }
}
