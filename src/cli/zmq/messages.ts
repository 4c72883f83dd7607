import type { ZmqClient } from "../../net/zmq/client.ts";
import type { CommandContext } from "../program/command-context.ts";

/**
 * Receives until `count` messages have come, for ever without it. `--timeout` is the longest silence between two.
 * @throws {TimedOutError}
 */
export async function receiveEach(
  context: CommandContext,
  client: ZmqClient,
  count: number | undefined,
  each: (parts: readonly Uint8Array[]) => Promise<void> | void,
): Promise<void> {
  const silence = `No message at ${client.endpoint}`;
  for (let left = count ?? Number.POSITIVE_INFINITY; left > 0; left--) {
    await each(await context.within(silence, () => client.receive(), 0));
  }
}
