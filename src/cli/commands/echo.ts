import { labPorts } from "../../core/ports.ts";
import { sendFile } from "../exchange/echo-file.ts";
import { openTcpExchange, type Reply } from "../exchange/exchange.ts";
import { prefixed } from "../exchange/framing.ts";
import { messagePrompts, runInteractive } from "../exchange/interactive.ts";
import { nonEmpty, sendMessages } from "../exchange/send-messages.ts";
import { mustContainRequest } from "../exchange/validate-reply.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { hostName, portNumber } from "../program/options.ts";
import { withSchedule } from "../program/schedule.ts";

/** `distcli echo`: sends words, typed lines, or a whole file through an echo server. */
export const echo: CliCommand = (cli) =>
  withSchedule(
    baseCommand({
      name: "echo",
      summary: "Send words or a file to the echo server and show what comes back",
      description:
        "Sends its words as one message and shows the reply. Without words it asks for messages, or reads them line by line from a pipe; bye leaves.",
      examples: [
        "distcli echo 172.16.16.101 halo dunia",
        "distcli echo 172.16.16.101 hello --repeat 3 --every 3s",
        "distcli echo 172.16.16.101 hello --clients 2 --repeat 3 --every 1s",
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
      .option("-f, --file <file>", "send a file through a transparent echo and compare what comes back"),
  ).action((host, words, options) => {
    const { file } = options;
    if (file !== undefined && words.length > 0) {
      throw new UsageError(`Either words or --file ${file}, not both: ${words.join(" ")}`);
    }
    const port = options.port ?? (file === undefined ? labPorts.echo : labPorts["file-echo"]);
    const peer = { host, port };
    return cli.run(options, async (context) => {
      if (file !== undefined) return sendFile(context, peer, file, options);
      const open = () => openTcpExchange(context, peer, prefixed(["Echo: ", ""]));
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
