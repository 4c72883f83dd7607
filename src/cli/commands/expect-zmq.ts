import { Command, Option } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import type { ZmqClient } from "../../net/zmq/client.ts";
import type { SocketType } from "../../net/zmq/constants.ts";
import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { type Came, Expecting } from "../expect/expectation.ts";
import { partOf, patternHelp, withCount, withWithin } from "../expect/options.ts";
import { type Pattern, pattern } from "../expect/pattern.ts";
import { conclude } from "../expect/report.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { decodeWork, encodings, messageText, workText } from "../zmq/message.ts";
import { type ZmqOptions, zmqCommand } from "../zmq/options.ts";
import { requestLost, withZmq } from "../zmq/socket.ts";

/** `distcli expect zmq sub|pull|rep|req`. */
export const expectZmq: CliCommand = (cli) =>
  new Command("zmq")
    .summary("Expect a message at a ZeroMQ socket")
    .description("Plays one socket of ZeroMQ, and waits for a message there.")
    .addHelpText(
      "after",
      "\nExamples:\n  distcli expect zmq sub --help\n  distcli expect zmq sub 172.16.16.101 --message '/^WAKTU/'",
    )
    .addCommand(expectSub(cli))
    .addCommand(expectPull(cli))
    .addCommand(expectRep(cli))
    .addCommand(expectReq(cli));

const messageOption = [
  "--message <pattern>",
  `the message: ${patternHelp} (default: anything)`,
  pattern,
] as const;

const expectSub: CliCommand = (cli) =>
  withCount(
    zmqCommand({
      name: "sub",
      summary: "Expect a message of a publisher",
      port: labPorts["zmq-pub"],
      examples: ["distcli expect zmq sub 172.16.16.101 --topic WAKTU --message '/ 2026$/' --count 3"],
    }),
  )
    .option(...messageOption)
    .option(
      "-t, --topic <prefix>",
      "how messages begin; may be given again (default: all messages)",
      prefixes,
    )
    .action((endpoint, options) =>
      cli.run(options, (context) =>
        expectMessages(context, {
          type: "sub",
          side: "connects",
          endpoint,
          options,
          subscribe: options.topic ?? [""],
        }),
      ),
    );

const prefixes = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

const expectPull: CliCommand = (cli) =>
  withCount(
    zmqCommand({
      name: "pull",
      summary: "Expect a workload of a ventilator",
      port: labPorts["zmq-push"],
      examples: ["distcli expect zmq pull 172.16.16.101 --message '/^[0-9]+$/' --count 5"],
    }),
  )
    .option(...messageOption)
    .addOption(
      new Option("--encoding <name>", "how workloads are written; auto: look at the message")
        .choices(encodings)
        .default("auto" as const),
    )
    .action((endpoint, options) =>
      cli.run(options, (context) => {
        const textOf = (parts: readonly Uint8Array[]) =>
          parts.map((part) => workText(decodeWork(part, options.encoding))).join(" ");
        return expectMessages(context, { type: "pull", side: "connects", endpoint, options, textOf });
      }),
    );

const expectRep: CliCommand = (cli) =>
  withCount(
    zmqCommand({
      name: "rep",
      summary: "Expect a request, and answer it",
      port: labPorts["zmq-rep"],
      examples: ["distcli expect zmq rep tcp://0.0.0.0:5555 --message Hello --reply World --within 30s"],
    }),
  )
    .option(...messageOption)
    .option("--reply <text>", "the reply to each request", "World")
    .action((endpoint, options) =>
      cli.run(options, (context) => {
        const answer = (client: ZmqClient) => client.send([bytesOfText(options.reply)]);
        return expectMessages(context, { type: "rep", side: "binds", endpoint, options, answer });
      }),
    );

interface ListeningOptions extends ZmqOptions {
  readonly message?: Pattern | undefined;
  readonly within: number;
  readonly count?: number | undefined;
  readonly none?: true | undefined;
}

/** A socket at which messages come by themselves. */
interface Listening {
  readonly type: SocketType;
  readonly side: "binds" | "connects";
  readonly endpoint: string;
  readonly options: ListeningOptions;
  readonly subscribe?: readonly string[];
  /** @throws {PeerError} for a message that cannot be read */
  textOf?(parts: readonly Uint8Array[]): string;
  answer?(client: ZmqClient): Promise<void>;
}

async function expectMessages(
  context: CommandContext,
  { type, textOf = messageText, answer, ...socket }: Listening,
): Promise<void> {
  const { message, within, count, none } = socket.options;
  const expectation = { where: socket.endpoint, parts: partOf("message", message), within, count, none };
  const expecting = new Expecting(expectation);
  const outcome = await withZmq(context, type, socket, (client) =>
    expecting.outcome(context, async (signal) => {
      while (!signal.aborted) {
        const parts = await client.receive();
        await answer?.(client); // before it counts: after the last one the socket is closed
        expecting.arrive(cameOf(parts, textOf));
      }
    }),
  );
  // Behind the socket's end, before which the last reply goes out.
  conclude(context, expectation, outcome);
}

/** A message that cannot be read as it should be has come all the same. */
function cameOf(parts: readonly Uint8Array[], textOf: (parts: readonly Uint8Array[]) => string): Came {
  try {
    return { message: textOf(parts) };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { message: undefined, unreadable: messageText(parts) };
  }
}

const expectReq: CliCommand = (cli) =>
  withWithin(
    zmqCommand({
      name: "req",
      summary: "Expect a reply to a request",
      port: labPorts["zmq-rep"],
      examples: ["distcli expect zmq req 172.16.16.101 Hello --message World --within 2s"],
    }),
  )
    .argument("[words...]", "the request (default: Hello)")
    .option(...messageOption)
    .action((endpoint, words, { message, within, ...options }) =>
      cli.run(options, async (context) => {
        const expectation = { where: `the reply of ${endpoint}`, parts: partOf("message", message), within };
        const expecting = new Expecting(expectation);
        const outcome = await withZmq(context, "req", { endpoint, options, side: "connects" }, (client) =>
          expecting.outcome(context, async () => {
            await client.send([bytesOfText(words.join(" ") || "Hello")]);
            const reply = await (options.patient ? client.receive() : client.receiveReply());
            if (reply === undefined) throw requestLost(endpoint);
            expecting.arrive({ message: messageText(reply) });
          }),
        );
        conclude(context, expectation, outcome);
      }),
    );
