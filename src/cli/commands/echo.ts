import { labPorts } from "../../core/ports.ts";
import { sendFile } from "../exchange/echo-file.ts";
import { openTcpExchange, type Reply } from "../exchange/exchange.ts";
import { prefixed } from "../exchange/framing.ts";
import { messagePrompts, runInteractive } from "../exchange/interactive.ts";
import { showPieces } from "../exchange/pieces.ts";
import { nonEmpty, sendMessages } from "../exchange/send-messages.ts";
import { mustContainRequest } from "../exchange/validate-reply.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { hostName, portNumber, wholeNumber } from "../program/options.ts";
import { tlsOf, withTls } from "../program/peer-tls.ts";
import { withSchedule } from "../program/schedule.ts";

/** `distcli echo`: sends words, typed lines, or a whole file through an echo server. */
export const echo: CliCommand = (cli) =>
  withSchedule(
    withTls(
      baseCommand({
        name: "echo",
        summary: "Send words or a file to the echo server and show what comes back",
        description:
          "Sends its words as one message and shows the reply. Without words it asks for messages, or reads them line by line from a pipe; bye leaves.",
        examples: [
          "distcli echo 172.16.16.101 halo dunia",
          "distcli echo 172.16.16.101 hello --repeat 3 --every 3s",
          "distcli echo 172.16.16.101 hello --clients 2 --repeat 3 --every 1s",
          "distcli echo 172.16.16.101 -p 10000 INI ADALAH DATA YANG DIKIRIM --chunk 16",
          "distcli echo 172.16.16.101 --file photo.jpg",
          "distcli echo 172.16.16.101",
        ],
      })
        .argument("[host]", "name or address of the server", hostName, "127.0.0.1")
        .argument("[words...]", "the message")
        .option(
          "-p, --port <port>",
          `port of the server (default: ${labPorts.echo}, with --file ${labPorts["file-echo"]})`,
          portNumber,
        )
        .option("-f, --file <file>", "send a file through a transparent echo and compare what comes back")
        .option(
          "--chunk <bytes>",
          "show the reply also in pieces of so many bytes at most, as they come",
          wholeNumber(1),
        ),
    ),
  ).action((host, words, options) => {
    const { file, chunk } = options;
    if (file !== undefined && words.length > 0) {
      throw new UsageError(`Either words or --file ${file}, not both: ${words.join(" ")}`);
    }
    if (file !== undefined && chunk !== undefined) {
      throw new UsageError(`Either --chunk ${chunk} or --file ${file}: a file is compared, not shown`);
    }
    const port = options.port ?? (file === undefined ? labPorts.echo : labPorts["file-echo"]);
    const peer = { host, port, ...tlsOf(options) };
    return cli.run(options, async (context) => {
      if (file !== undefined) return sendFile(context, peer, file, options);
      const open = (client?: number) => {
        const onBytes = chunk === undefined ? undefined : showPieces(context, chunk, client);
        return openTcpExchange(context, peer, prefixed(["Echo: ", ""]), onBytes);
      };
      const validateReply = mustContainRequest(peer, "echo");
      if (words.length === 0)
        return runInteractive(context, { ...interactive, validateReply, exchange: await open() });
      return sendMessages(context, {
        messages: [nonEmpty(words)],
        schedule: options,
        clients: options.clients,
        open,
        validateReply,
        show: (reply) => `CLIENT RECEIVED: ${textOf(reply)}`,
      });
    });
  });

const textOf = (reply: Reply | undefined): string => reply?.text ?? "";

const interactive = {
  ...messagePrompts,
  show: (reply: Reply | undefined) => `Received from server: ${textOf(reply)}`,
  showUnsolicited: (text: string) => `Received from server: ${text}`,
};
