import { formatHostPort } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import { readJsonBytes } from "../../protocol/json/read.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { notSpeaking, type Peer, peerName, withPeerErrors } from "../program/peer.ts";
import { tlsSettings } from "../program/peer-tls.ts";

/** More bytes than any response of these services has. A peer that sends without end is given up. */
const maxBody = 4 * 1024 * 1024;

export interface WholeResponse {
  readonly response: Response;
  readonly body: Uint8Array;
}

/** Where a peer answers HTTP. */
export const webUrl = ({ host, port, tls }: Peer, path: string): string =>
  `${tls === undefined ? "http" : "https"}://${formatHostPort(host, port)}${path}`;

/** What fetch needs to know of a peer. */
export const fetchOptions = ({ tls }: Peer) =>
  ({ redirect: "manual", ...(tls && { tls: tlsSettings(tls) }) }) as const;

/**
 * Sends one request and reads the whole response. Redirects are not followed: they lead to another peer.
 * @throws {PeerError} when the peer does not speak HTTP, or its response is too large
 */
export async function fetchWhole(peer: Peer, url: string, init: RequestInit): Promise<WholeResponse> {
  try {
    const response = await fetch(url, { ...init, ...fetchOptions(peer) });
    return { response, body: await readBody(response, peer) };
  } catch (error) {
    throw notHttp(error, peer) ?? error;
  }
}

async function readBody(response: Response, peer: Peer): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBody)
      throw new PeerError("bad-answer", `${peerName(peer)} answers more than ${maxBody} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The error for bytes that fetch cannot read as HTTP; undefined for any other error. */
export function notHttp(error: unknown, peer: Peer): PeerError | undefined {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return undefined;
  if (error.code === "Malformed_HTTP_Response") return notSpeaking(peer, "HTTP");
  // Codes of the system and of Node are in capitals; these are fetch's own, such as InvalidContentLength.
  return /^[A-Z][a-z]/.test(error.code) ? notSpeaking(peer, "HTTP as it should", error.code) : undefined;
}

/** A response in JSON, its numbers with all their digits. */
export interface JsonResponse {
  readonly status: number;
  /** Undefined where the response has no body. */
  readonly value: JsonValue | undefined;
  readonly ms: number;
}

/** @throws {PeerError} when the network fails, or the response is not JSON */
export function requestJson(
  context: CommandContext,
  peer: Peer,
  path: string,
  init: { readonly method?: string; readonly body?: string } = {},
): Promise<JsonResponse> {
  const url = webUrl(peer, path);
  const headers: Record<string, string> =
    init.body === undefined ? {} : { "content-type": "application/json" };
  return withPeerErrors(peer, () =>
    context.within(`No answer from ${peerName(peer)}`, async (signal) => {
      const start = performance.now();
      const { response, body } = await fetchWhole(peer, url, { ...init, headers, signal });
      return {
        status: response.status,
        value: parseBody(body, response, peer),
        ms: performance.now() - start,
      };
    }),
  );
}

function parseBody(body: Uint8Array, { status }: Response, peer: Peer): JsonValue | undefined {
  if (body.length === 0) return undefined;
  const value = parseJson(body, status, peer);
  if (hasFiniteNumbers(value)) return value;
  throw new PeerError("bad-answer", `${peerName(peer)} answers ${status}, with a number too large to hold`);
}

function parseJson(body: Uint8Array, status: number, peer: Peer): JsonValue {
  try {
    return readJsonBytes(body);
  } catch (error) {
    const reason = describeError(error);
    throw new PeerError("bad-answer", `${peerName(peer)} answers ${status}, and not in JSON: ${reason}`);
  }
}

/** False for `1e999`: it is valid JSON, but too large for a number, and could not be written again. */
export function hasFiniteNumbers(value: JsonValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((inner) => inner === undefined || hasFiniteNumbers(inner));
}
