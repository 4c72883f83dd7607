import type { IPublishPacket, MqttClient } from "mqtt";
import { textOfBytes } from "../../protocol/text/byte-text.ts";
import { connectMqtt, disconnectMqtt, messageFields, reconnectEvery } from "../mqtt/client.ts";
import { brokerOf, identityOf, mqttCommand } from "../mqtt/options.ts";
import { type PacketProperties, propertyFields } from "../mqtt/properties.ts";
import { subscribeTo } from "../mqtt/subscribe.ts";
import { type QoS, topicFilters } from "../mqtt/topics.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { positiveDurationMs, wholeNumber } from "../program/options.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { type SilenceWatch, within } from "../program/timeout.ts";

/** `distcli mqtt sub`: shows the messages published to the topics. */
export const mqttSub: CliCommand = (cli) =>
  mqttCommand(
    {
      name: "sub",
      summary: "Subscribe to topics and show the messages",
      description:
        "Subscribes and shows every message, with the options of mosquitto_sub. A lost connection is made again. " +
        "Ends with Ctrl-C, after -C messages (status 0) or after -W (status 124).",
      examples: [
        "distcli mqtt sub 172.16.16.101 -t sister/temp --log mqtt_messages.log",
        "distcli mqtt sub 172.16.16.101 -t 'sister/#' -q 1",
        "distcli mqtt sub 172.16.16.101 -t sister/temp -C 1 -W 5s --quiet",
        "distcli mqtt sub 172.16.16.101 -t orders -i worker-1 -c -q 1",
        "distcli mqtt sub 172.16.16.101 -t 'sister/#' -D subscribe subscription-identifier 7 --json",
        "distcli mqtt sub 172.16.16.101 -t 'sister/#' --will-topic status/ani --will-payload gone",
      ],
    },
    ["subscribe"],
  )
    .requiredOption(
      "-t, --topic <filter>",
      "a topic, or a filter with + and #; may be given again",
      topicFilters,
    )
    .option("-C, --count <n>", "leave after so many messages", wholeNumber(1))
    .option("-W, --wait <duration>", "leave after so long, messages or not", positiveDurationMs)
    .option(
      "-c, --keep-session",
      "the broker keeps the session, and messages of qos 1 and 2, for the next time",
    )
    .option("-R, --no-retained", "leave retained messages out")
    .option("-v, --verbose", "print topic and message as mosquitto_sub -v does")
    .action((host, options) =>
      cli.run(options, async (context) => {
        if (options.keepSession && options.id === undefined) {
          throw new UsageError("A session that is kept needs a name to come back to: give --id as well");
        }
        const peer = brokerOf(host, options);
        const client = await connectMqtt(context, peer, {
          ...identityOf(options),
          clean: !options.keepSession,
        });
        try {
          await subscribe(context, client, peer, options);
        } finally {
          await disconnectMqtt(client, options.property?.disconnect);
        }
      }),
    );

interface SubOptions {
  readonly topic: readonly string[];
  readonly qos: QoS;
  readonly count?: number | undefined;
  readonly wait?: number | undefined;
  readonly retained: boolean;
  readonly verbose?: true | undefined;
  readonly property?: PacketProperties | undefined;
}

async function subscribe(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  options: SubOptions,
): Promise<void> {
  const name = peerName(peer);
  context.note(`Connected to the MQTT broker ${name}`);
  const watch = context.watchSilence(`No message from ${name}`);
  try {
    // We listen before subscribing, because a retained message may come together with SUBACK.
    const enough = showMessages(context, client, options, watch);
    keepConnected(context, client, name);
    await subscribeTopics(context, client, peer, options);
    if (options.count === undefined) context.endByInterrupt();
    await within(
      {
        limit: options.wait ?? 0,
        signal: context.signal,
        message: (limit) => `--wait of ${limit} is over`,
      },
      () => Promise.race([enough, watch.over]),
    );
  } finally {
    watch.stop();
  }
}

/** Resolves after `--count` messages, never without it; rejects when a message cannot be shown. */
function showMessages(
  context: CommandContext,
  client: MqttClient,
  options: SubOptions,
  watch: SilenceWatch,
): Promise<void> {
  const { promise: enough, resolve, reject } = Promise.withResolvers<void>();
  enough.catch(() => {}); // it may reject before anybody awaits it, while we subscribe
  let left = options.count ?? Number.POSITIVE_INFINITY;
  // Before `done` the library acknowledges it not, and reads no other one.
  client.handleMessage = (_packet, done) => {
    if (left <= 0 || !context.io.stdout.isFull) return done();
    watch.pause();
    void context.drained().then(() => {
      watch.reset();
      done();
    });
  };
  client.on("message", (topic, payload, packet) => {
    watch.reset();
    if (left <= 0 || (packet.retain && !options.retained)) return;
    try {
      showMessage(context, topic, payload, packet, options.verbose ?? false);
    } catch (error) {
      left = 0;
      reject(error); // the library would catch it if it were thrown here
      return;
    }
    left--;
    if (left === 0) resolve();
  });
  return enough;
}

function showMessage(
  context: CommandContext,
  topic: string,
  payload: Uint8Array,
  { qos, retain, properties }: IPublishPacket,
  verbose: boolean,
): void {
  const text = textOfBytes(payload);
  const line = verbose ? `${topic} ${text}` : `Received message: ${text} (Topic: ${topic})`;
  context.result(context.quiet && !verbose ? text : line, {
    topic,
    ...messageFields(payload),
    qos,
    retain,
    properties: propertyFields(properties),
  });
}

async function subscribeTopics(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  { topic: topics, qos, property }: SubOptions,
): Promise<void> {
  const grants = await subscribeTo(context, client, peer, topics, {
    qos,
    ...(property?.subscribe && { properties: property.subscribe }),
  });
  for (const grant of grants) context.note(`Subscribed to ${grant.topic} (qos ${grant.qos})`);
}

/** Reconnects from now on; the library then repeats the subscriptions made later than this call. */
function keepConnected(context: CommandContext, client: MqttClient, name: string): void {
  client.options.reconnectPeriod = reconnectEvery;
  let lost = false;
  client.on("offline", () => {
    if (!lost) context.note(`Lost the connection to ${name}; trying again`);
    lost = true;
  });
  client.on("connect", () => {
    lost = false;
    context.note(`Connected to ${name} again`);
  });
}
