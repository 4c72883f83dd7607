import { dialUdp, maxDatagram } from "../../net/udp-client.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { type Peer, peerName, reaching } from "../program/peer.ts";
import { type Line, replyText } from "./exchange.ts";

/** UDP has no connection: this line cannot tell that nobody is at its other end, only that no answer comes. */
export async function udpLine(context: CommandContext, peer: Peer): Promise<Line> {
  const socket = await reaching(peer, () => dialUdp(peer));
  const tell = (message: string) => reaching(peer, async () => socket.send(datagram(message)));
  return {
    tell,
    ask: (message) =>
      reaching(peer, async () => {
        const start = performance.now();
        await tell(message);
        const bytes = await context.within(`No answer from ${peerName(peer)}`, (signal) =>
          socket.receive(signal),
        );
        return { text: replyText(bytes), ms: performance.now() - start };
      }),
    close: () => socket.close(),
  };
}

function datagram(message: string): Uint8Array {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= maxDatagram) return bytes;
  throw new UsageError(`A datagram holds ${maxDatagram} bytes, and the message has ${bytes.length}`);
}
