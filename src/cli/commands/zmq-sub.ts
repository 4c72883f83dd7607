import { labPorts } from "../../core/ports.ts";
import type { CliCommand } from "../program/command.ts";
import { positiveDurationMs, wholeNumber } from "../program/options.ts";
import { within } from "../program/timeout.ts";
import { messageFields, messageText } from "../zmq/message.ts";
import { zmqCommand } from "../zmq/options.ts";
import { receiveEach, withZmq } from "../zmq/socket.ts";

/** `distcli zmq sub`: shows the messages published. */
export const zmqSub: CliCommand = (cli) =>
  zmqCommand({
    name: "sub",
    summary: "Subscribe and show the messages",
    description:
      "Shows every message that begins with one of the topics. Ends with Ctrl-C, after --count messages, or " +
      "after -W (status 124).",
    port: labPorts["zmq-pub"],
    examples: [
      "distcli zmq sub tcp://172.16.16.101:12345",
      "distcli zmq sub 172.16.16.101 --topic WAKTU --count 3",
    ],
  })
    .option(
      "-t, --topic <prefix>",
      "how messages begin; may be given again (default: all messages)",
      prefixes,
    )
    .option("-C, --count <n>", "leave after so many messages", wholeNumber(1))
    .option("-W, --wait <duration>", "leave after so long, messages or not", positiveDurationMs)
    .action((endpoint, options) =>
      cli.run(options, (context) => {
        const socket = { endpoint, options, side: "connects", subscribe: options.topic ?? [""] } as const;
        return withZmq(context, "sub", socket, (client) =>
          within(
            {
              limit: options.wait ?? 0,
              signal: context.signal,
              message: (limit) => `--wait of ${limit} is over`,
            },
            () =>
              receiveEach(context, client, options.count, (parts) => {
                const text = messageText(parts);
                context.result(context.quiet ? text : `Received: ${text}`, messageFields(parts));
              }),
          ),
        );
      }),
    );

const prefixes = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
