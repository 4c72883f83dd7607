import type { MqttClient } from "mqtt";
import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { printable } from "../../protocol/text/printable.ts";
import { acknowledged, connectMqtt, disconnectMqtt, messageFields } from "../mqtt/client.ts";
import { type MessageOptions, mustBeOne, wholeMessage } from "../mqtt/message-source.ts";
import { brokerOf, identityOf, mqttCommand } from "../mqtt/options.ts";
import { type PacketProperties, propertyFields } from "../mqtt/properties.ts";
import { type QoS, topicName } from "../mqtt/topics.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { durationMs, wholeNumber } from "../program/options.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { repeated } from "../program/schedule.ts";
import { type CliIo, linesOf } from "../terminal/io.ts";

/** `distcli mqtt pub`: publishes messages from its options, a file or a pipe. */
export const mqttPub: CliCommand = (cli) =>
  mqttCommand(
    {
      name: "pub",
      summary: "Publish messages",
      description: "Publishes to a topic, with the options of mosquitto_pub.",
      examples: [
        'distcli mqtt pub 172.16.16.101 -t sister/temp -m "Suhu: 28°C"',
        'distcli mqtt pub 172.16.16.101 -t sister/temp -m "Suhu: 28°C" --every 1s',
        "distcli mqtt pub 172.16.16.101 -t sister/humidity -m 40% -q 1 -r",
        "seq 10 | distcli mqtt pub 172.16.16.101 -t count -l",
        "distcli mqtt pub 172.16.16.101 -t a -m x -D publish content-type text/plain -D publish user-property room 3",
        "distcli mqtt pub 172.16.16.101 -t a -l --will-topic status/a --will-payload gone --will-retain",
      ],
    },
    ["publish"],
  )
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
        const { property } = options;
        const client = await connectMqtt(context, peer, identityOf(options));
        context.note(`Connected to the MQTT broker ${peerName(peer)}`);
        try {
          const { topic, qos, retain = false } = options;
          const target = { topic, qos, retain, properties: property?.publish };
          await repeated(options, context, async () => {
            for await (const message of messages()) await publish(context, client, peer, target, message);
          });
        } finally {
          await disconnectMqtt(client, property?.disconnect);
        }
      }),
    );

type Messages = () => AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** The source of the messages: exactly one of five options. All but `-l` are read before the connection is made. */
async function messageSource(
  options: MessageOptions & { readonly stdinLine?: true | undefined },
  io: CliIo,
): Promise<Messages> {
  const { message, file, stdinLine, stdinFile, nullMessage } = options;
  mustBeOne([message, file, stdinLine, stdinFile, nullMessage], "-m MESSAGE, -f FILE, -l, -s and -n");
  if (stdinLine) return () => linesOf(io.stdin);
  const whole = await wholeMessage(options, io);
  return () => [whole];
}

interface Target {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: PacketProperties["publish"] | undefined;
}

async function publish(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  { topic, ...options }: Target,
  message: string | Uint8Array,
): Promise<void> {
  const payload = Buffer.from(typeof message === "string" ? bytesOfText(message) : message);
  await acknowledged(context, client, peer, () => client.publishAsync(topic, payload, options));
  const shown = printable(payload, 1000);
  context.result(context.quiet ? shown : `Published: ${shown}`, {
    topic,
    ...messageFields(payload),
    qos: options.qos,
    retain: options.retain,
    properties: propertyFields(options.properties),
  });
}
