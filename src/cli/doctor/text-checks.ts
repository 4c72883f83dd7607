import { printable } from "../../protocol/text/printable.ts";
import { type Exchange, openTcpExchange, openUdpExchange } from "../exchange/exchange.ts";
import { type Framing, prefixed, timeFraming } from "../exchange/framing.ts";
import type { CommandContext } from "../program/command-context.ts";
import { type Peer, peerName, withTcp } from "../program/peer.ts";
import { type Check, timed, wrongAnswer } from "./check.ts";

const word = "halo";

/** Whether the reply contains the request, with any text around it. */
const repeats = (reply: string): boolean => reply.includes(word);

export const checkEcho: Check = (context, peer) =>
  request(context, peer, overTcp(prefixed(["Echo: ", ""])), word, repeats);

export const checkUpcall: Check = (context, peer) =>
  request(context, peer, overTcp(prefixed(["Upcall event: Processing "])), word, repeats);

export const checkTime: Check = (context, peer) =>
  request(context, peer, overTcp(timeFraming), "TIME", (reply) => /\d/.test(reply));

export const checkUdp: Check = (context, peer) => request(context, peer, openUdpExchange, word, repeats);

type Open = (context: CommandContext, peer: Peer) => Promise<Exchange>;

const overTcp =
  (framing: Framing): Open =>
  (context, peer) =>
    openTcpExchange(context, peer, framing);

async function request(
  context: CommandContext,
  peer: Peer,
  open: Open,
  message: string,
  isRight: (reply: string) => boolean,
) {
  const exchange = await open(context, peer);
  try {
    const reply = await exchange.request(message);
    const said = printable(reply?.text ?? "", 60);
    if (reply === undefined || !isRight(reply.text)) throw wrongAnswer(peer, message, said);
    return { ms: reply.ms, said: `${message} → ${said}` };
  } finally {
    exchange.close();
  }
}

/** The peer answers our end of the connection with its own: so it has read everything. */
export const checkOneway: Check = (context, peer) =>
  withTcp(context, peer, async (client) => {
    const { result, ms } = await timed(async () => {
      await client.write(new TextEncoder().encode(word));
      client.finishWriting();
      return context.within(`${peerName(peer)} has not read to the end`, () => client.read());
    });
    if (result.kind === "bytes") throw wrongAnswer(peer, word, printable(result.bytes, 60));
    return { ms, said: `${word} → (silence)` };
  });
