import { labPorts } from "../../core/ports.ts";
import type { Reply } from "../exchange/exchange.ts";
import { holdDialogue, messageDialogue } from "../exchange/interactive.ts";
import { converse } from "../exchange/send-messages.ts";
import { udpLine } from "../exchange/udp-exchange.ts";
import { type CliCommand, peerCommand, withSchedule } from "../program/command.ts";

/** `distcli udp`: one datagram there, one back. */
export const udp: CliCommand = (cli) =>
  withSchedule(
    peerCommand({
      name: "udp",
      summary: "Send datagrams to the UDP server and show the answers",
      description:
        "Sends its words as one datagram and shows the one that comes back. Without words it asks for messages, or reads them line by line from a pipe; bye leaves. A lost datagram is a timeout.",
      port: labPorts.udp,
      examples: [
        "distcli udp 172.16.16.101 halo dunia",
        "distcli udp 172.16.16.101 ping --repeat 5 --every 1s --timeout 2s",
        "distcli udp 172.16.16.101",
      ],
    }).argument("[words...]", "the message"),
  ).action((host, words, options) => {
    const peer = { host, port: options.port };
    return cli.run(options, async (context) => {
      const open = () => udpLine(context, peer);
      const show = (reply: Reply | undefined) => `Received from server: ${reply?.text ?? ""}`;
      if (words.length === 0) {
        return holdDialogue(context, { ...dialogue, show, line: await open() });
      }
      return converse(context, {
        messages: [words.join(" ")],
        schedule: options,
        clients: options.clients,
        open,
        show,
      });
    });
  });

const dialogue = {
  ...messageDialogue,
  showUnasked: (text: string) => text,
};
