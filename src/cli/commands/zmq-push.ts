import { Option } from "@commander-js/extra-typings";
import { labPorts } from "../../core/ports.ts";
import type { CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { repeated } from "../program/schedule.ts";
import { interruptible } from "../program/timeout.ts";
import { linesOf } from "../terminal/io.ts";
import { encodeWork, encodings } from "../zmq/message.ts";
import { zmqCommand } from "../zmq/options.ts";
import { withZmq } from "../zmq/socket.ts";

/** `distcli zmq push`: distributes workloads to workers. */
export const zmqPush: CliCommand = (cli) =>
  zmqCommand({
    name: "push",
    summary: "Deal out workloads to workers",
    description:
      "Sends each of its words as one message, each to one worker, and waits until there is one. Without words " +
      "it reads them line by line from a pipe.",
    port: labPorts["zmq-push"],
    examples: [
      "distcli zmq push tcp://0.0.0.0:9999 71 20 5",
      "distcli zmq push tcp://0.0.0.0:9999 --encoding text halo",
      "seq 100 | distcli zmq push tcp://0.0.0.0:9999",
    ],
  })
    .argument("[words...]", "the workloads")
    .option("--repeat <n>", "send them so many times", wholeNumber(1))
    .option("--every <duration>", "pause before the next time; without --repeat: until Ctrl-C", durationMs)
    .addOption(
      new Option("--encoding <name>", "how they are written; auto: numbers pickled, the rest as text")
        .choices(encodings)
        .default("auto" as const),
    )
    .action((endpoint, words, options) =>
      cli.run(options, async (context) => {
        // Encoded before anything is sent: a word that cannot be encoded is an error at once.
        const messages = words.map((word) => ({ word, bytes: encodeWork(word, options.encoding) }));
        if (words.length === 0 && options.repeat !== undefined) {
          throw new UsageError("Say what to send again: --repeat needs words");
        }
        await withZmq(context, "push", { endpoint, options, side: "binds" }, async (client) => {
          const send = async (word: string, bytes: Uint8Array) => {
            await context.within(`No worker at ${client.endpoint}`, () => client.send([bytes]), 0);
            context.result(context.quiet ? word : `Sent work: ${word}`, { work: word });
          };
          if (words.length > 0) {
            await repeated(options, context, async () => {
              for (const { word, bytes } of messages) await send(word, bytes);
            });
            return;
          }
          await interruptible(context.signal, async () => {
            for await (const line of linesOf(context.io.stdin)) {
              await send(line, encodeWork(line, options.encoding));
            }
          });
        });
      }),
    );
