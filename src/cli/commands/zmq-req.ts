import { labPorts } from "../../core/ports.ts";
import type { ZmqClient } from "../../net/zmq/client.ts";
import { bytesOfText } from "../../protocol/text/byte-text.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { repeated } from "../program/schedule.ts";
import { linesIfAny } from "../terminal/io.ts";
import { messageFields, messageText } from "../zmq/message.ts";
import { zmqCommand } from "../zmq/options.ts";
import { requestLost, withZmq } from "../zmq/socket.ts";

/** `distcli zmq req`: sends requests and shows the replies. */
export const zmqReq: CliCommand = (cli) =>
  zmqCommand({
    name: "req",
    summary: "Send requests and show the replies",
    description:
      "Sends its words as one request and shows the reply. Without words it reads requests line by line from a pipe, " +
      "and where there are none it sends Hello.",
    port: labPorts["zmq-rep"],
    examples: [
      "distcli zmq req tcp://172.16.16.101:5555 Hello",
      "distcli zmq req 172.16.16.101 Hello --repeat 10 --every 1s",
      "distcli zmq req 172.16.16.101 Hello --repeat 10 --numbered",
      "seq 10 | distcli zmq req 172.16.16.101",
    ],
  })
    .argument("[words...]", "the request (default: Hello)")
    .option("--repeat <n>", "ask so many times", wholeNumber(1))
    .option("--every <duration>", "pause before the next request; without --repeat: until Ctrl-C", durationMs)
    .option("--numbered", "put the number of the request behind it: Hello 0, Hello 1, ...")
    .action((endpoint, words, options) =>
      cli.run(options, async (context) => {
        const isPiped = words.length === 0 && options.repeat === undefined && options.every === undefined;
        const lines =
          isPiped && context.io.openPrompter === undefined ? linesIfAny(context.io.stdin) : undefined;
        const requests = await lines;
        await withZmq(context, "req", { endpoint, options, side: "connects" }, async (client) => {
          const ask = (text: string, number: number) => {
            const message = options.numbered ? `${text} ${number}` : text;
            return request(context, client, { ...options, endpoint, message, number });
          };
          if (requests === undefined) {
            const message = words.join(" ") || "Hello";
            return repeated(options, context, (round) => ask(message, round - 1));
          }
          let number = 0;
          for await (const line of requests) {
            context.signal.throwIfAborted();
            if (line !== "") await ask(line, number++);
          }
        });
      }),
    );

interface Request {
  readonly endpoint: string;
  readonly message: string;
  /** Counts from 0, as the original client does. */
  readonly number: number;
  /** The message ends with its number. */
  readonly numbered?: true | undefined;
  /** Who waits for a peer that is not there yet waits for one that comes back, too. */
  readonly patient?: true | undefined;
}

async function request(
  context: CommandContext,
  client: ZmqClient,
  { endpoint, message, number, numbered, patient }: Request,
): Promise<void> {
  context.note(numbered ? `Sending request ${number}: ${message}` : `Sending request ${number} ...`);
  const reply = await context.within(`No reply from ${endpoint}`, async () => {
    await client.send([bytesOfText(message)]);
    return await (patient ? client.receive() : client.receiveReply());
  });
  if (reply === undefined) throw requestLost(endpoint);
  const text = messageText(reply);
  const line = context.quiet ? text : `Received reply ${number}: ${text}`;
  context.result(line, { number, ...messageFields(reply) });
}
