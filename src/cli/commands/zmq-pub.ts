import { labPorts } from "../../core/ports.ts";
import type { CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { repeated } from "../program/schedule.ts";
import { zmqCommand } from "../zmq/options.ts";
import { withZmq } from "../zmq/socket.ts";

/** `distcli zmq pub`: publishes messages once there is a subscriber. */
export const zmqPub: CliCommand = (cli) =>
  zmqCommand({
    name: "pub",
    summary: "Publish messages",
    description:
      "Publishes its words as one message. What nobody subscribes to is lost, so the first subscriber is waited " +
      "for, unless --now says otherwise.",
    port: labPorts["zmq-pub"],
    examples: [
      'distcli zmq pub tcp://0.0.0.0:12345 "WAKTU sekarang" --every 1s',
      "distcli zmq pub tcp://0.0.0.0:12345 --topic suhu 28",
    ],
  })
    .argument("<words...>", "the message")
    .option("--topic <topic>", "a part of its own before the message")
    .option("--now", "do not wait for a subscriber")
    .option("--repeat <n>", "publish it so many times", wholeNumber(1))
    .option("--every <duration>", "from one time to the next; without --repeat: until Ctrl-C", durationMs)
    .action((endpoint, words, options) =>
      cli.run(options, async (context) => {
        const message = words.join(" ");
        if (message === "") throw new UsageError("Say what to publish");
        const head = options.topic === undefined ? [] : [options.topic];
        const parts = [...head, message].map((part) => new TextEncoder().encode(part));
        // XPUB is a PUB that receives a message, beginning with 1, for each new subscription.
        await withZmq(context, "xpub", { endpoint, options, side: "binds" }, async (client) => {
          if (!options.now)
            await context.within(`No subscriber at ${client.endpoint}`, () => client.receive(), 0);
          await repeated(options, context.signal, async () => {
            await client.send(parts);
            const value = options.topic === undefined ? { message } : { topic: options.topic, message };
            context.result(context.quiet ? message : `Published: ${[...head, message].join(" ")}`, value);
          });
        });
      }),
    );
