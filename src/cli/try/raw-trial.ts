import { describeError } from "../../core/errors.ts";
import type { RawRequest } from "../../core/try.ts";
import { dialUdp } from "../../net/udp/client.ts";
import { type Peer, withPeerErrors } from "../program/peer.ts";
import { answered, overTcp, readWhatever } from "./over-tcp.ts";
import type { TrialResult } from "./run-trial.ts";
import { type Transcript, wireBytes } from "./trial.ts";

/** Sends bytes as they are, and shows what comes back. A failure of the service is returned as a result. */
export async function runRaw(
  transport: "tcp" | "udp",
  peer: Peer,
  raw: RawRequest,
  cancelled: AbortSignal,
): Promise<TrialResult> {
  const start = performance.now();
  const request = wireBytes(raw.bytes);
  try {
    const exchange = transport === "udp" ? datagram : stream;
    const { answeredAt = performance.now(), ...transcript } = await exchange(peer, raw, cancelled);
    return { ok: true, ms: answeredAt - start, ...transcript };
  } catch (error) {
    return { ok: false, ms: performance.now() - start, request, error: describeError(error) };
  }
}

function stream(peer: Peer, raw: RawRequest, signal: AbortSignal): Promise<Transcript> {
  const { bytes, wait, untilClose, finish } = raw;
  return overTcp(peer, signal, async (client) => {
    await client.write(bytes);
    if (finish) client.finishWriting();
    const answer = await readWhatever(client, wait, untilClose ? wait : undefined, signal);
    return answer === undefined ? { request: wireBytes(bytes) } : answered(wireBytes(bytes), answer);
  });
}

function datagram(peer: Peer, { bytes, wait }: RawRequest, signal: AbortSignal): Promise<Transcript> {
  return withPeerErrors(peer, async () => {
    const client = await dialUdp(peer);
    const limit = AbortSignal.timeout(wait);
    try {
      client.send(bytes);
      const reply = await client.receive(AbortSignal.any([signal, limit]));
      return { request: wireBytes(bytes), reply: wireBytes(reply) };
    } catch (error) {
      if (!limit.aborted) throw error;
      return { request: wireBytes(bytes) };
    } finally {
      client.close();
    }
  });
}
