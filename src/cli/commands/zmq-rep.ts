import { labPorts } from "../../core/ports.ts";
import type { CliCommand } from "../program/command.ts";
import { wholeNumber } from "../program/options.ts";
import { messageFields, messageText } from "../zmq/message.ts";
import { zmqCommand } from "../zmq/options.ts";
import { receiveEach, withZmq } from "../zmq/socket.ts";

/** `distcli zmq rep`: answers every request with the same reply. */
export const zmqRep: CliCommand = (cli) =>
  zmqCommand({
    name: "rep",
    summary: "Answer requests",
    description: "Answers every request. Ends with Ctrl-C, or after --count requests.",
    port: labPorts["zmq-rep"],
    examples: ["distcli zmq rep tcp://0.0.0.0:5555 --reply World"],
  })
    .option("--reply <text>", "the reply", "World")
    .option("-C, --count <n>", "leave after so many requests", wholeNumber(1))
    .action((endpoint, options) =>
      cli.run(options, (context) =>
        withZmq(context, "rep", { endpoint, options, side: "binds" }, (client) => {
          const reply = [new TextEncoder().encode(options.reply)];
          return receiveEach(context, client, options.count, async (parts) => {
            const text = messageText(parts);
            context.result(context.quiet ? text : `Received request: ${text}`, messageFields(parts));
            await client.send(reply);
          });
        }),
      ),
    );
