import { printable } from "../../protocol/text/printable.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, TimedOutError } from "../program/errors.ts";
import { type Peer, peerName, withTcp } from "../program/peer.ts";
import { ZmtpConnection } from "../zmq/zmtp-connection.ts";
import { type Check, type RoundTrip, timed } from "./check.ts";

const encoder = new TextEncoder();

export const checkRep: Check = (context, peer) =>
  afterHandshake(context, peer, "REP", async (connection) => {
    const { result, ms } = await timed(async () => {
      await connection.sendReady("REQ");
      await connection.send(new Uint8Array(0), true); // the empty delimiter before a request
      await connection.send(encoder.encode("Hello"));
      return context.within(`No answer from ${peerName(peer)}`, () => connection.message());
    });
    return { ms, said: `Hello → ${printable(result, 60)}` };
  });

/** Does not end the handshake: the peer would send a PULL socket a workload, and that would be lost. */
export const checkPush: Check = (context, peer) =>
  afterHandshake(context, peer, "PUSH", async (_connection, ms) => ({ ms, said: "(greeting) → PUSH ready" }));

/** The handshake is enough; a message is shown if one comes in time. */
export const checkPub: Check = (context, peer) =>
  afterHandshake(context, peer, "PUB", async (connection, ms) => {
    await connection.sendReady("SUB");
    await connection.send(encoder.encode("\x01")); // subscribe to everything
    const said = await context
      .within("", () => connection.message())
      .then(
        (message) => `SUB → ${printable(message, 60)}`,
        (error: unknown) => {
          if (error instanceof TimedOutError) return "SUB → PUB ready";
          throw error;
        },
      );
    return { ms, said };
  });

/** Socket types that serve in place of the usual ones. */
const sameAs: Readonly<Record<string, string>> = { XPUB: "PUB", ROUTER: "REP" };

async function afterHandshake(
  context: CommandContext,
  peer: Peer,
  expectedType: string,
  work: (connection: ZmtpConnection, ms: number) => Promise<RoundTrip>,
): Promise<RoundTrip> {
  return withTcp(context, peer, async (client) => {
    const connection = new ZmtpConnection(client, peer);
    const { result: socketType, ms } = await timed(() =>
      context.within(`No ZeroMQ handshake from ${peerName(peer)}`, () => connection.greet()),
    );
    if ((sameAs[socketType] ?? socketType) === expectedType) return work(connection, ms);
    throw new PeerError(
      "bad-answer",
      `${peerName(peer)} is a ZeroMQ ${printable(socketType)}, not a ${expectedType}`,
    );
  });
}
