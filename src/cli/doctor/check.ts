import type { CommandContext } from "../program/command-context.ts";
import type { Peer } from "../program/peer.ts";

/** One round trip that was made. */
export interface RoundTrip {
  /** Milliseconds from the request to its answer, the connection not counted. */
  readonly ms: number;
  /** What was said, printable: `TIME -> JAM 23:49:36`. */
  readonly said: string;
}

/**
 * Makes one real round trip with a service of one role.
 * @throws what the commands throw, when the service does not answer as its role should
 */
export type Check = (context: CommandContext, peer: Peer) => Promise<RoundTrip>;

/** The work's result, and the milliseconds it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const start = performance.now();
  const result = await work();
  return { result, ms: performance.now() - start };
}
