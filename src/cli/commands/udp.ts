import { Option } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import { openUdpExchange, openUdpSender, type Reply } from "../exchange/exchange.ts";
import { messagePrompts, runInteractive } from "../exchange/interactive.ts";
import { sendMessages } from "../exchange/send-messages.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import { peerName } from "../program/peer.ts";
import { withSchedule } from "../program/schedule.ts";

/** `distcli udp`: sends datagrams and shows the replies. */
export const udp: CliCommand = (cli) =>
  withSchedule(
    peerCommand({
      name: "udp",
      summary: "Send datagrams to the UDP server and show the answers",
      description:
        "Sends its words as one datagram and shows the one that comes back. Without words it asks for messages, or reads them line by line from a pipe; bye leaves. A lost datagram is a timeout; with --expect none no answer is waited for.",
      port: labPorts.udp,
      examples: [
        "distcli udp 172.16.16.101 halo dunia",
        "distcli udp 172.16.16.101 ping --repeat 5 --every 1s --timeout 2s",
        "distcli udp 172.16.16.101 tick --expect none --every 1s",
        "distcli udp 172.16.16.101",
      ],
    })
      .argument("[words...]", "the message")
      .addOption(
        new Option("--expect <what>", "whether the server answers each datagram, or none of them")
          .choices(["reply", "none"] as const)
          .default("reply" as const),
      ),
  ).action((host, words, options) => {
    const peer = { host, port: options.port };
    return cli.run(options, async (context) => {
      const answers = options.expect === "reply";
      const open = () => (answers ? openUdpExchange(context, peer) : openUdpSender(context, peer));
      const show = (reply: Reply | undefined, sent: string) =>
        reply === undefined ? `Sent to ${peerName(peer)}: ${sent}` : `Received from server: ${reply.text}`;
      if (words.length === 0) {
        return runInteractive(context, { ...interactive, show, exchange: await open() });
      }
      return sendMessages(context, {
        messages: [words.join(" ")],
        schedule: options,
        clients: options.clients,
        open,
        show,
      });
    });
  });

const interactive = {
  ...messagePrompts,
  showUnsolicited: (text: string) => text,
};
