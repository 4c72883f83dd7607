import { labPorts } from "../../core/ports.ts";
import { type Exchange, openTcpExchange } from "../exchange/exchange.ts";
import { prefixed } from "../exchange/framing.ts";
import { messagePrompts, runInteractive } from "../exchange/interactive.ts";
import { nonEmpty, sendMessages } from "../exchange/send-messages.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";
import { withSchedule } from "../program/schedule.ts";

/** `distcli oneway`: sends messages that are not answered. */
export const oneway: CliCommand = (cli) =>
  withSchedule(
    withTls(
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
      }),
    ).argument("[words...]", "the message"),
  ).action((host, words, options) => {
    const peer = { host, port: options.port, ...tlsOf(options) };
    return cli.run(options, async (context) => {
      const open = () => openOnewayExchange(context, peer);
      const show = (_reply: undefined | object, sent: string) => `Sent to ${peerName(peer)}: ${sent}`;
      if (words.length === 0) {
        return runInteractive(context, { ...interactive, show, exchange: await open() });
      }
      return sendMessages(context, {
        messages: [nonEmpty(words)],
        schedule: options,
        clients: options.clients,
        open,
        show,
      });
    });
  });

/** An exchange that waits for no reply. What the server sends all the same is shown as unsolicited. */
async function openOnewayExchange(context: CommandContext, peer: Peer): Promise<Exchange> {
  const exchange = await openTcpExchange(context, peer, prefixed([]));
  return {
    ...exchange,
    request: async (message) => {
      await exchange.send(message);
      return undefined;
    },
  };
}

const interactive = {
  ...messagePrompts,
  showUnsolicited: (text: string) => `Received from server, unexpected: ${text}`,
};
