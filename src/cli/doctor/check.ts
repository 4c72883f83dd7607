import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import type { PeerTls } from "../program/peer-tls.ts";

/** A round trip that succeeded. */
export interface RoundTrip {
  /** Milliseconds from the request to its answer, the connection not counted. */
  readonly ms: number;
  /** Request and reply, printable (a field of the output of `--json`): `TIME → JAM 23:49:36`. */
  readonly said: string;
}

/** How services are spoken with that do not take everybody. */
export interface DoctorLogin {
  /** Of MQTT brokers. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Of the services that speak TLS. */
  readonly tls: PeerTls;
}

/**
 * Makes one real round trip with a service of one role.
 * @throws the same errors as the commands, when the service does not answer as its role should
 */
export type Check = (context: CommandContext, peer: Peer, login: DoctorLogin) => Promise<RoundTrip>;

/** The result of `work`, and the milliseconds it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}

export const wrongAnswer = (peer: Peer, request: string, answer: string): PeerError =>
  new PeerError(
    "bad-answer",
    `${peerName(peer)} answered ${request} with ${answer === "" ? "nothing" : answer}`,
  );
