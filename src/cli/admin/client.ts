import { z } from "zod";
import { asDialError } from "../../net/dial-error.ts";
import { fetchWhole, notHttp, webUrl } from "../http/client.ts";
import type { CommandContext } from "../program/command-context.ts";
import { ConnectionError, PeerError } from "../program/errors.ts";
import { networkFailure, peerName, tlsFailure } from "../program/peer.ts";
import { type AdminPeer, adminPort } from "./options.ts";

const failure = z.object({ error: z.string() });

export function adminHeaders(peer: AdminPeer): Record<string, string> {
  const { token } = peer.token;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Requests JSON. @throws {PeerError} when there is no distsrv, or it refuses the request */
export function requestAdmin<T>(
  context: CommandContext,
  peer: AdminPeer,
  path: string,
  schema: z.ZodType<T>,
  request: {
    readonly method?: string;
    readonly body?: string;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<T> {
  return withAdminErrors(peer, () =>
    context.within(`No answer from ${peerName(peer)}`, async (signal) => {
      const init = { ...request, headers: { ...request.headers, ...adminHeaders(peer) }, signal };
      const { response, body } = await fetchWhole(peer, webUrl(peer, path), init);
      const text = new TextDecoder().decode(body);
      if (!response.ok) throw refusal(peer, response.status, text);
      const result = schema.safeParse(parseJson(text));
      if (result.success) return result.data;
      throw new PeerError("bad-answer", `${peerName(peer)} answers, and not as distsrv's admin service does`);
    }),
  );
}

/** As `withPeerErrors`, with advice for an admin service instead of one of the lab. */
export async function withAdminErrors<T>(peer: AdminPeer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const failed = asDialError(error, peer.host, peer.port);
    if (failed?.code !== "refused") {
      throw (
        tlsFailure(error, peer) ?? notHttp(error, peer) ?? networkFailure(error, peer, peer.example) ?? error
      );
    }
    const hint = `distsrv's admin service listens on 127.0.0.1:${adminPort} unless its file says otherwise (admin:)`;
    throw new ConnectionError("connection-refused", `${failed.message}. ${hint}`, "connection refused");
  }
}

const codes: Readonly<Record<number, string>> = {
  400: "bad-request",
  401: "no-token",
  403: "not-allowed",
  404: "not-found",
  503: "busy",
};

const whereTokensAre =
  "distcli takes the token from --token, from DISTSRV_TOKEN, or from the file that distsrv leaves for its own user (in DISTSRV_STATE_DIR, where that is set)";

/** The error for a response that is no success. */
export function refusal(peer: AdminPeer, status: number, text: string): PeerError {
  const { data } = failure.safeParse(parseJson(text));
  const why = data?.error ?? "it is no admin service of distsrv";
  const hint = status === 401 ? `. ${peer.token.withheld ?? whereTokensAre}` : "";
  return new PeerError(codes[status] ?? "refused", `${peerName(peer)} answers ${status}: ${why}${hint}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
