import { labPorts } from "../../core/ports.ts";
import { type Line, prefixed, tcpLine } from "../exchange/exchange.ts";
import { holdDialogue, messageDialogue } from "../exchange/interactive.ts";
import { converse, nonEmpty } from "../exchange/send-messages.ts";
import { type CliCommand, peerCommand, withSchedule } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { type Peer, peerName } from "../program/peer.ts";

/** `distcli oneway`: sends, and waits for nothing. */
export const oneway: CliCommand = (cli) =>
  withSchedule(
    peerCommand({
      name: "oneway",
      summary: "Send messages to a server that never answers",
      description:
        "Sends its words as one message to a server that never answers. Without words it asks for messages, or reads them line by line from a pipe; bye leaves.",
      port: labPorts.oneway,
      examples: [
        "distcli oneway 172.16.16.101 halo dunia",
        "distcli oneway 172.16.16.101 tick --every 1s",
        "seq 100 | distcli oneway 172.16.16.101",
      ],
    }).argument("[words...]", "the message"),
  ).action((host, words, options) => {
    const peer = { host, port: options.port };
    return cli.run(options, async (context) => {
      const open = () => silentLine(context, peer);
      const show = (_reply: undefined | object, sent: string) => `Sent to ${peerName(peer)}: ${sent}`;
      if (words.length === 0) {
        return holdDialogue(context, { ...dialogue, show, line: await open() });
      }
      return converse(context, {
        messages: [nonEmpty(words)],
        schedule: options,
        clients: options.clients,
        open,
        show,
      });
    });
  });

/** A line whose messages are not answered. Were the server to speak all the same, it would be shown. */
async function silentLine(context: CommandContext, peer: Peer): Promise<Line> {
  const line = await tcpLine(context, peer, prefixed([]));
  return {
    ...line,
    ask: async (message) => {
      await line.tell(message);
      return undefined;
    },
  };
}

const dialogue = {
  ...messageDialogue,
  showUnasked: (text: string) => `Received from server, unexpected: ${text}`,
};
