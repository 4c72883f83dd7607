import { labPorts } from "../../core/ports.ts";
import { openTcpExchange } from "../exchange/exchange.ts";
import { prefixed } from "../exchange/framing.ts";
import { nonEmpty } from "../exchange/send-messages.ts";
import { closedBy, expectAnswer } from "../expect/ask.ts";
import { patternHelp, withEvery } from "../expect/options.ts";
import { holding, pattern } from "../expect/pattern.ts";
import { type CliCommand, peerCommand } from "../program/command.ts";
import { peerName } from "../program/peer.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";

/** `distcli expect echo`: sends a message and checks the reply. */
export const expectEcho: CliCommand = (cli) =>
  withEvery(
    withTls(
      peerCommand({
        name: "echo",
        summary: "Expect a reply from the echo server, or from another that answers text over TCP",
        description:
          "Sends its words as one message, and checks the reply; a line end behind the reply does not count.",
        port: labPorts.echo,
        examples: [
          "distcli expect echo 172.16.16.101 halo dunia",
          "distcli expect echo 172.16.16.101 halo --reply 'Echo: halo' --every 500ms --within 30s",
          "distcli expect echo 172.16.16.101 -p 45000 TIME --reply '/^JAM [0-9:]+$/'",
        ],
      }),
    ),
  )
    .argument("[words...]", "the message")
    .option("--reply <pattern>", `the reply: ${patternHelp} (default: one that holds the message)`, pattern)
    .action((host, words, options) => {
      const message = nonEmpty(words);
      const peer = { host, port: options.port, ...tlsOf(options) };
      return cli.run(options, (context) =>
        expectAnswer(context, {
          within: options.within,
          every: options.every,
          where: `the reply of ${peerName(peer)}`,
          parts: [{ name: "reply", pattern: options.reply ?? holding(message) }],
          ask: async (limited, signal) => {
            const exchange = await openTcpExchange(limited, peer, prefixed(["Echo: ", ""]));
            const reply = await closedBy(signal, exchange, () => exchange.request(message));
            return { reply: reply?.text };
          },
        }),
      );
    });
