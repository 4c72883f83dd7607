import { Option } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import { dialUdp, type UdpClient } from "../../net/udp/client.ts";
import { datagram, replyText } from "../exchange/exchange.ts";
import { closedBy, isTransient } from "../expect/ask.ts";
import { Expecting } from "../expect/expectation.ts";
import { partOf, patternHelp, withEvery } from "../expect/options.ts";
import { pattern } from "../expect/pattern.ts";
import { conclude } from "../expect/report.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import { type Peer, peerName, withPeerErrors } from "../program/peer.ts";
import { pause } from "../program/schedule.ts";

/** `distcli expect udp`: sends a datagram and checks what comes back. */
export const expectUdp: CliCommand = (cli) =>
  withEvery(
    peerCommand({
      name: "udp",
      summary: "Expect a reply from the UDP server",
      description:
        "Sends its words as one datagram, and waits for the reply; a line end behind it does not count. A datagram may be " +
        "lost: --every sends it again.",
      port: labPorts.udp,
      examples: [
        "distcli expect udp 172.16.16.101 halo --reply '/You said: halo$/' --within 2s",
        "distcli expect udp 172.16.16.101 halo --every 500ms",
        "distcli expect udp 172.16.16.101 halo --none --within 1s",
      ],
    }),
  )
    .argument("[words...]", "the message")
    .option("--reply <pattern>", `the reply: ${patternHelp} (default: anything)`, pattern)
    .addOption(new Option("--none", "no such reply may come in that time"))
    .action((host, words, { reply, within, none, every, ...options }) => {
      const peer = { host, port: options.port };
      const message = datagram(words.join(" "));
      return cli.run(options, async (context) => {
        const where = `the reply of ${peerName(peer)}`;
        const expectation = { where, parts: partOf("reply", reply), within, none };
        const expecting = new Expecting(expectation);
        const socket = await withPeerErrors(peer, () => dialUdp(peer));
        const outcome = await expecting.outcome(context, (signal) =>
          closedBy(signal, socket, () =>
            Promise.all([
              send(socket, peer, { message, every }, signal),
              receive(socket, peer, expecting, every !== undefined && !none, signal),
            ]),
          ),
        );
        conclude(context, expectation, outcome);
      });
    });

async function send(
  socket: UdpClient,
  peer: Peer,
  { message, every }: { readonly message: Uint8Array; readonly every: number | undefined },
  signal: AbortSignal,
): Promise<void> {
  do {
    await withPeerErrors(peer, async () => socket.send(message));
    if (every !== undefined) await pause(every, signal);
  } while (every !== undefined);
}

/** Everything that comes, until the time is over: UDP may repeat a reply, and deliver an old one first. */
async function receive(
  socket: UdpClient,
  peer: Peer,
  expecting: Expecting,
  /** Whether a refusal may pass. That nothing comes from a host that refuses proves nothing. */
  mayRefuse: boolean,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      const bytes = await withPeerErrors(peer, () => socket.receive(signal));
      expecting.arrive({ reply: replyText(bytes) });
    } catch (error) {
      if (signal.aborted || !isTransient(error, mayRefuse)) throw error;
      expecting.failed(error);
    }
  }
}
