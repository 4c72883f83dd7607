import { formatHostPort } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import { readJsonBytes } from "../../protocol/json/read.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName, reaching } from "../program/peer.ts";
import { fetchWhole } from "./client.ts";

/** What a peer answered over HTTP, its numbers with all their digits. */
export interface HttpAnswer {
  readonly status: number;
  /** Undefined where the answer has no body. */
  readonly value: JsonValue | undefined;
  readonly ms: number;
}

/** @throws {PeerError} when the network fails, or what comes back is not JSON */
export function askHttp(
  context: CommandContext,
  peer: Peer,
  path: string,
  init: { readonly method?: string; readonly body?: string } = {},
): Promise<HttpAnswer> {
  const url = `http://${formatHostPort(peer.host, peer.port)}${path}`;
  const headers: Record<string, string> =
    init.body === undefined ? {} : { "content-type": "application/json" };
  return reaching(peer, () =>
    context.within(`No answer from ${peerName(peer)}`, async (signal) => {
      const start = performance.now();
      const { response, body } = await fetchWhole(peer, url, { ...init, headers, signal });
      return {
        status: response.status,
        value: readAnswer(body, response, peer),
        ms: performance.now() - start,
      };
    }),
  );
}

function readAnswer(body: Uint8Array, { status }: Response, peer: Peer): JsonValue | undefined {
  if (body.length === 0) return undefined;
  const value = readWhole(body, status, peer);
  if (isHoldable(value)) return value;
  throw new PeerError("bad-answer", `${peerName(peer)} answers ${status}, with a number too large to hold`);
}

function readWhole(body: Uint8Array, status: number, peer: Peer): JsonValue {
  try {
    return readJsonBytes(body);
  } catch (error) {
    const reason = describeError(error);
    throw new PeerError("bad-answer", `${peerName(peer)} answers ${status}, and not in JSON: ${reason}`);
  }
}

/** `1e999` is JSON, but no number that a program could hold or write again. */
export function isHoldable(value: JsonValue): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every((inner) => inner === undefined || isHoldable(inner));
}
