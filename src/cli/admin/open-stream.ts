import { onAbort } from "../../core/deadline.ts";
import { fetchOptions, webUrl } from "../http/client.ts";
import type { CommandContext } from "../program/command-context.ts";
import { peerName } from "../program/peer.ts";
import { adminHeaders, refusal } from "./client.ts";
import type { AdminPeer } from "./options.ts";

/** An answer whose body is read as it comes. */
export interface AdminStream {
  readonly body: ReadableStream<Uint8Array>;
  /** Of the answer. */
  readonly headers: Headers;
  close(): void;
}

export interface StreamOptions {
  /** Of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ctrl-C does not break it off: its reader ends it. */
  readonly isEndedByReader?: boolean;
}

/**
 * @param type of the body
 * @throws {PeerError} when it is refused; errors of fetch pass unchanged
 */
export async function openStream(
  context: CommandContext,
  peer: AdminPeer,
  path: string,
  type: string,
  { headers = {}, isEndedByReader = false }: StreamOptions = {},
): Promise<AdminStream> {
  const closing = new AbortController();
  const response = await context.within(`No answer from ${peerName(peer)}`, async (limit) => {
    onAbort(limit, () => closing.abort(limit.reason)); // limits the wait for the head, not the stream
    return fetch(webUrl(peer, path), {
      headers: { ...adminHeaders(peer), accept: type, ...headers },
      ...fetchOptions(peer),
      signal: isEndedByReader ? closing.signal : AbortSignal.any([context.signal, closing.signal]),
    });
  });
  const { body, ok, status } = response;
  const isStream = response.headers.get("content-type")?.startsWith(type) === true;
  if (ok && isStream && body !== null)
    return { body, headers: response.headers, close: () => closing.abort() };
  const text = await context.within(`No end of the answer of ${peerName(peer)}`, () => response.text());
  throw refusal(peer, status, text);
}
