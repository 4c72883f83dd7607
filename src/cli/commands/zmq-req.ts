import { labPorts } from "../../core/ports.ts";
import type { CliCommand } from "../program/command.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { repeated } from "../program/schedule.ts";
import { messageFields, messageText } from "../zmq/message.ts";
import { zmqCommand } from "../zmq/options.ts";
import { withZmq } from "../zmq/socket.ts";

/** `distcli zmq req`: sends requests and shows the replies. */
export const zmqReq: CliCommand = (cli) =>
  zmqCommand({
    name: "req",
    summary: "Send requests and show the replies",
    port: labPorts["zmq-rep"],
    examples: [
      "distcli zmq req tcp://172.16.16.101:5555 Hello",
      "distcli zmq req 172.16.16.101 Hello --repeat 10 --every 1s",
    ],
  })
    .argument("[words...]", "the request (default: Hello)")
    .option("--repeat <n>", "ask so many times", wholeNumber(1))
    .option("--every <duration>", "from one request to the next; without --repeat: until Ctrl-C", durationMs)
    .action((endpoint, words, options) =>
      cli.run(options, (context) =>
        withZmq(context, "req", { endpoint, options, side: "connects" }, async (client) => {
          const request = [new TextEncoder().encode(words.join(" ") || "Hello")];
          await repeated(options, context.signal, async (number) => {
            context.note(`Sending request ${number - 1} ...`);
            const reply = await context.within(`No reply from ${endpoint}`, async () => {
              await client.send(request);
              return await client.receive();
            });
            const text = messageText(reply);
            const line = context.quiet ? text : `Received reply ${number - 1}: ${text}`;
            context.result(line, { number: number - 1, ...messageFields(reply) });
          });
        }),
      ),
    );
