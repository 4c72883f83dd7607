import { labPorts } from "../../core/ports.ts";
import { bytesOfText, textFields } from "../../protocol/text/byte-text.ts";
import type { CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { repeated } from "../program/schedule.ts";
import { linesOf } from "../terminal/io.ts";
import { zmqCommand } from "../zmq/options.ts";
import { withZmq } from "../zmq/socket.ts";

/** `distcli zmq pub`: publishes messages once there is a subscriber. */
export const zmqPub: CliCommand = (cli) =>
  zmqCommand({
    name: "pub",
    summary: "Publish messages",
    description:
      "Publishes its words as one message, or without words each line of a pipe. What nobody subscribes to is lost, so the first subscriber is waited " +
      "for, unless --now says otherwise.",
    port: labPorts["zmq-pub"],
    examples: [
      'distcli zmq pub tcp://0.0.0.0:12345 "WAKTU sekarang" --every 1s',
      "distcli zmq pub tcp://0.0.0.0:12345 --topic suhu 28",
      "seq 10 | distcli zmq pub tcp://0.0.0.0:12345",
    ],
  })
    .argument("[words...]", "the message")
    .option("--topic <topic>", "a part of its own before the message")
    .option("--now", "do not wait for a subscriber")
    .option("--repeat <n>", "publish it so many times", wholeNumber(1))
    .option("--every <duration>", "pause before the next time; without --repeat: until Ctrl-C", durationMs)
    .action((endpoint, words, options) =>
      cli.run(options, async (context) => {
        const isPiped = words.length === 0 && context.io.openPrompter === undefined;
        if (!isPiped && words.join("") === "") throw new UsageError("Say what to publish");
        if (isPiped && (options.repeat ?? options.every) !== undefined) {
          throw new UsageError("Say what to publish again: --repeat and --every need words");
        }
        const head = options.topic === undefined ? [] : [options.topic];
        // XPUB is a PUB that receives a message, beginning with 1, for each new subscription.
        await withZmq(context, "xpub", { endpoint, options, side: "binds" }, async (client) => {
          if (!options.now)
            await context.within(`No subscriber at ${client.endpoint}`, () => client.receive(), 0);
          const publish = async (message: string) => {
            await client.send([...head, message].map(bytesOfText));
            const topic = options.topic === undefined ? {} : { topic: options.topic };
            const text = context.quiet ? message : `Published: ${[...head, message].join(" ")}`;
            context.result(text, { ...topic, ...textFields("message", message) });
          };
          if (!isPiped) return repeated(options, context, () => publish(words.join(" ")));
          for await (const line of linesOf(context.io.stdin)) {
            context.signal.throwIfAborted();
            await publish(line);
          }
        });
      }),
    );
