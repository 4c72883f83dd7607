import type { MqttClient } from "mqtt";
import { describeError } from "../../core/errors.ts";
import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { printable } from "../../protocol/text/printable.ts";
import { acknowledged, connectMqtt, disconnectMqtt, messageFields } from "../mqtt/client.ts";
import { brokerOf, identityOf, mqttCommand, type QoS, topicName } from "../mqtt/options.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { repeated } from "../program/schedule.ts";
import { type CliIo, linesOf } from "../terminal/io.ts";

/** `distcli mqtt pub`: publishes messages from its options, a file or a pipe. */
export const mqttPub: CliCommand = (cli) =>
  mqttCommand({
    name: "pub",
    summary: "Publish messages",
    description: "Publishes to a topic, with the options of mosquitto_pub.",
    examples: [
      'distcli mqtt pub 172.16.16.101 -t sister/temp -m "Suhu: 28°C"',
      'distcli mqtt pub 172.16.16.101 -t sister/temp -m "Suhu: 28°C" --every 1s',
      "distcli mqtt pub 172.16.16.101 -t sister/humidity -m 40% -q 1 -r",
      "seq 10 | distcli mqtt pub 172.16.16.101 -t count -l",
    ],
  })
    .requiredOption("-t, --topic <topic>", "the topic", topicName)
    .option("-m, --message <message>", "the message")
    .option("-f, --file <file>", "the message is what the file holds")
    .option("-l, --stdin-line", "each line of stdin is a message")
    .option("-s, --stdin-file", "all of stdin is one message")
    .option("-n, --null-message", "an empty message; with -r it removes the retained one")
    .option("-r, --retain", "the broker keeps the message for later subscribers")
    .option("--repeat <n>", "publish it so many times", wholeNumber(1))
    .option("--every <duration>", "pause before the next time; without --repeat: until Ctrl-C", durationMs)
    .action((host, options) =>
      cli.run(options, async (context) => {
        const messages = await messageSource(options, context.io);
        const peer = brokerOf(host, options);
        const client = await connectMqtt(context, peer, identityOf(options));
        context.note(`Connected to the MQTT broker ${peerName(peer)}`);
        try {
          const target = { topic: options.topic, qos: options.qos, retain: options.retain ?? false };
          await repeated(options, context.signal, async () => {
            for await (const message of messages()) await publish(context, client, peer, target, message);
          });
        } finally {
          await disconnectMqtt(client);
        }
      }),
    );

interface MessageOptions {
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly stdinLine?: true | undefined;
  readonly stdinFile?: true | undefined;
  readonly nullMessage?: true | undefined;
}

type Messages = () => AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** The source of the messages: exactly one of five options. All but `-l` are read before the connection is made. */
async function messageSource(options: MessageOptions, io: CliIo): Promise<Messages> {
  const given = [options.message, options.file, options.stdinLine, options.stdinFile, options.nullMessage];
  if (given.filter((option) => option !== undefined).length !== 1) {
    throw new UsageError("Say what to publish with exactly one of -m MESSAGE, -f FILE, -l, -s and -n");
  }
  if (options.stdinLine) return () => linesOf(io.stdin);
  const message = await wholeMessage(options, io);
  return () => [message];
}

async function wholeMessage(
  { message, file, stdinFile }: MessageOptions,
  io: CliIo,
): Promise<string | Uint8Array> {
  if (message !== undefined) return message;
  if (file !== undefined) return readFile(file);
  if (stdinFile) return Buffer.concat(await Array.fromAsync(io.stdin));
  return "";
}

async function readFile(path: string): Promise<Uint8Array> {
  try {
    return await Bun.file(path).bytes();
  } catch (error) {
    throw new UsageError(`Cannot publish --file ${path}: ${describeError(error)}`, { cause: error });
  }
}

interface Target {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
}

async function publish(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  { topic, qos, retain }: Target,
  message: string | Uint8Array,
): Promise<void> {
  const payload = Buffer.from(typeof message === "string" ? bytesOfText(message) : message);
  await acknowledged(context, client, peer, () => client.publishAsync(topic, payload, { qos, retain }));
  const shown = printable(payload, 1000);
  context.result(context.quiet ? shown : `Published: ${shown}`, {
    topic,
    ...messageFields(payload),
    qos,
    retain,
  });
}
