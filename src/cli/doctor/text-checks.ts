import { printable } from "../../protocol/text/printable.ts";
import { connected, type Framing, type Line, prefixed, tcpLine } from "../exchange/exchange.ts";
import { timeFraming } from "../exchange/framing.ts";
import { udpLine } from "../exchange/udp-exchange.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { type Check, timed } from "./check.ts";

const word = "halo";

/** The reply holds what was sent, in whatever words around it. */
const repeats = (said: string): boolean => said.includes(word);

export const checkEcho: Check = (context, peer) =>
  ask(context, peer, overTcp(prefixed(["Echo: ", ""])), word, repeats);

export const checkUpcall: Check = (context, peer) =>
  ask(context, peer, overTcp(prefixed(["Upcall event: Processing "])), word, repeats);

export const checkTime: Check = (context, peer) =>
  ask(context, peer, overTcp(timeFraming), "TIME", (said) => /\d/.test(said));

export const checkUdp: Check = (context, peer) => ask(context, peer, udpLine, word, repeats);

type Open = (context: CommandContext, peer: Peer) => Promise<Line>;

const overTcp =
  (framing: Framing): Open =>
  (context, peer) =>
    tcpLine(context, peer, framing);

async function ask(
  context: CommandContext,
  peer: Peer,
  open: Open,
  message: string,
  isRight: (said: string) => boolean,
) {
  const line = await open(context, peer);
  try {
    const reply = await line.ask(message);
    const said = printable(reply?.text ?? "", 60);
    if (reply === undefined || !isRight(reply.text)) throw wrong(peer, message, said);
    return { ms: reply.ms, said: `${message} → ${said}` };
  } finally {
    line.close();
  }
}

/** Nothing comes back but the end, once we have ended: that says it has all been read. */
export const checkOneway: Check = (context, peer) =>
  connected(context, peer, async (client) => {
    const { result, ms } = await timed(async () => {
      await client.write(new TextEncoder().encode(word));
      client.finishWriting();
      return context.within(`${peerName(peer)} has not read to the end`, () => client.read());
    });
    if (result.kind === "bytes") throw wrong(peer, word, printable(result.bytes, 60));
    return { ms, said: `${word} → (silence)` };
  });

export const wrong = (peer: Peer, asked: string, said: string): PeerError =>
  new PeerError("bad-answer", `${peerName(peer)} answered ${asked} with ${said === "" ? "nothing" : said}`);
