import { printable } from "../../protocol/text/printable.ts";
import { connected } from "../exchange/exchange.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, TimedOutError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { ZmtpConnection } from "../zmq/zmtp-connection.ts";
import { type Check, type RoundTrip, timed } from "./check.ts";

const encoder = new TextEncoder();

export const checkRep: Check = (context, peer) =>
  greeted(context, peer, "REP", async (connection) => {
    const { result, ms } = await timed(async () => {
      await connection.introduce("REQ");
      await connection.send(new Uint8Array(0), true); // the empty delimiter before a request
      await connection.send(encoder.encode("Hello"));
      return context.within(`No answer from ${peerName(peer)}`, () => connection.message());
    });
    return { ms, said: `Hello → ${printable(result, 60)}` };
  });

/** No more than the peer's own introduction: to one who ends the handshake as a PULL it would send a workload. */
export const checkPush: Check = (context, peer) =>
  greeted(context, peer, "PUSH", async (_connection, ms) => ({ ms, said: "(greeting) → PUSH ready" }));

/** The handshake counts; the message, if one comes in time, is shown. */
export const checkPub: Check = (context, peer) =>
  greeted(context, peer, "PUB", async (connection, ms) => {
    await connection.introduce("SUB");
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

async function greeted(
  context: CommandContext,
  peer: Peer,
  theirs: string,
  work: (connection: ZmtpConnection, ms: number) => Promise<RoundTrip>,
): Promise<RoundTrip> {
  return connected(context, peer, async (client) => {
    const connection = new ZmtpConnection(client, peer);
    const { result, ms } = await timed(() =>
      context.within(`No ZeroMQ handshake from ${peerName(peer)}`, () => connection.greet()),
    );
    // An XPUB or a ROUTER does the same work as a PUB or a REP.
    const kin: Readonly<Record<string, string>> = { XPUB: "PUB", ROUTER: "REP" };
    if ((kin[result] ?? result) === theirs) return work(connection, ms);
    throw new PeerError("bad-answer", `${peerName(peer)} is a ZeroMQ ${printable(result)}, not a ${theirs}`);
  });
}
