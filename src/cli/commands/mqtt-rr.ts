import { randomBytes } from "node:crypto";
import type { IPublishPacket, MqttClient } from "mqtt";
import { bytesOfText, textOfBytes } from "../../protocol/text/byte-text.ts";
import { roundMs } from "../../protocol/text/units.ts";
import { acknowledged, connectMqtt, disconnectMqtt, lossOf, messageFields } from "../mqtt/client.ts";
import { type MessageOptions, mustBeOne, wholeMessage } from "../mqtt/message-source.ts";
import { brokerOf, identityOf, mqttCommand } from "../mqtt/options.ts";
import { type PacketProperties, propertyFields } from "../mqtt/properties.ts";
import { subscribeTo } from "../mqtt/subscribe.ts";
import { type QoS, topicName } from "../mqtt/topics.ts";
import type { CliCommand } from "../program/command.ts";
import { type CommandContext, defaultTimeout } from "../program/command-context.ts";
import { durationMs, positiveDurationMs, wholeNumber } from "../program/options.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { repeated } from "../program/schedule.ts";
import { within } from "../program/timeout.ts";

/** `distcli mqtt rr`: publishes a request and shows the response to it. */
export const mqttRr: CliCommand = (cli) =>
  mqttCommand(
    {
      name: "rr",
      summary: "Publish a request and show the response",
      description:
        "Publishes a request that names a topic for the response, and shows what comes there, with the options of " +
        "mosquitto_rr. With MQTT 5 (the default) the request has correlation data, and a response with other data is " +
        "not its own. Status 124 when none comes within -W.",
      examples: [
        "distcli mqtt rr 172.16.16.101 -t service/add -e service/add/reply -m '2 3'",
        "distcli mqtt rr 172.16.16.101 -t service/add -m '2 3' -W 2s --json",
        "distcli mqtt rr 172.16.16.101 -t service/add -e reply -m '2 3' --repeat 10 --every 1s",
        "distcli mqtt rr 172.16.16.101 -t service/add -e reply -m '2 3' -V 311",
      ],
    },
    ["publish", "subscribe"],
  )
    .requiredOption("-t, --topic <topic>", "where the request goes", topicName)
    .option(
      "-e, --response-topic <topic>",
      "where the response is awaited (default: one of this client's own)",
      topicName,
    )
    .option("-m, --message <message>", "the request")
    .option("-f, --file <file>", "the request is what the file holds")
    .option("-s, --stdin-file", "all of stdin is the request")
    .option("-n, --null-message", "an empty request")
    .option("-W, --wait <duration>", "how long to wait for a response (default: 10s)", positiveDurationMs)
    .option("-v, --verbose", "print topic and response as mosquitto_rr -v does")
    .option("--repeat <n>", "ask so many times", wholeNumber(1))
    .option("--every <duration>", "pause before the next time; without --repeat: until Ctrl-C", durationMs)
    .action((host, options) =>
      cli.run(options, async (context) => {
        const { message, file, stdinFile, nullMessage, property } = options;
        mustBeOne([message, file, stdinFile, nullMessage], "-m MESSAGE, -f FILE, -s and -n");
        const request = await requestOf(options, context);
        const peer = brokerOf(host, options);
        const identity = identityOf(options, 5);
        const client = await connectMqtt(context, peer, identity);
        try {
          const responseTopic = options.responseTopic ?? `distcli/${client.options.clientId}/response`;
          const inbox = await openInbox(context, client, peer, { ...options, responseTopic });
          const asking = { ...options, responseTopic, request, isVersion5: identity.version === 5 };
          await repeated(options, context, () => ask(context, client, peer, inbox, asking));
        } finally {
          await disconnectMqtt(client, property?.disconnect);
        }
      }),
    );

async function requestOf(options: MessageOptions, { io }: CommandContext): Promise<Buffer> {
  const message = await wholeMessage(options, io);
  return Buffer.from(typeof message === "string" ? bytesOfText(message) : message);
}

interface Response {
  readonly packet: IPublishPacket;
  readonly payload: Uint8Array;
  /** As `performance.now` counts. */
  readonly at: number;
}

/** Where responses come. */
interface Inbox {
  /** Passes them on from now on, until the next call. */
  onResponse: (response: Response) => void;
  /** The broker has said that nobody has subscribed to where the request went: only MQTT 5 does, and not at QoS 0. */
  isUnheard: boolean;
}

/** "No matching subscribers" of PUBACK and PUBREC. */
const noSubscribers = 0x10;

interface InboxOptions {
  readonly responseTopic: string;
  readonly qos: QoS;
  readonly property?: PacketProperties | undefined;
}

async function openInbox(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  { responseTopic, qos, property }: InboxOptions,
): Promise<Inbox> {
  const inbox: Inbox = { onResponse: () => {}, isUnheard: false };
  client.on("message", (_topic, payload, packet) => {
    inbox.onResponse({ packet, payload, at: performance.now() });
  });
  client.on("packetreceive", (packet) => {
    if (packet.cmd === "puback" || packet.cmd === "pubrec")
      inbox.isUnheard = packet.reasonCode === noSubscribers;
  });
  const properties = property?.subscribe;
  await subscribeTo(context, client, peer, [responseTopic], { qos, ...(properties && { properties }) });
  context.note(`Connected to the MQTT broker ${peerName(peer)}; responses to ${responseTopic}`);
  return inbox;
}

interface Asking extends InboxOptions {
  readonly topic: string;
  readonly request: Buffer;
  readonly isVersion5: boolean;
  readonly wait?: number | undefined;
  readonly verbose?: true | undefined;
}

async function ask(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  inbox: Inbox,
  { topic, responseTopic, request, qos, isVersion5, property, wait, verbose }: Asking,
): Promise<void> {
  // As text, because people look at it.
  const correlationData = property?.publish?.correlationData ?? Buffer.from(randomBytes(6).toString("hex"));
  const { promise, resolve } = Promise.withResolvers<Response>();
  inbox.onResponse = (response) => {
    const ours = isResponse(response.packet, correlationData);
    if (ours) resolve(response);
    else context.note(`Left out a message on ${responseTopic} that is no response to this request`);
  };
  const start = performance.now();
  const properties = { responseTopic, correlationData, ...property?.publish };
  await acknowledged(context, client, peer, () =>
    client.publishAsync(topic, request, { qos, ...(isVersion5 && { properties }) }),
  );
  const loss = lossOf(client, peer);
  try {
    const limit = wait ?? context.timeout ?? defaultTimeout;
    const message = (time: string) => {
      const why = inbox.isUnheard ? `: nobody has subscribed to ${topic}` : "";
      return `No response on ${responseTopic} to the request on ${topic} within ${time}${why}; -W sets another limit`;
    };
    const { packet, payload, at } = await within({ limit, signal: context.signal, message }, () =>
      Promise.race([promise, loss.lost]),
    );
    show(context, packet, payload, { request: topic, ms: roundMs(at - start), verbose });
  } finally {
    loss.stop();
  }
}

/**
 * A response repeats our correlation data (MQTT 5.0, 4.10.1). One without any is taken, too: not every responder knows
 * them. A retained message is older than our request.
 */
function isResponse({ properties, retain }: IPublishPacket, ours: Uint8Array): boolean {
  const theirs = properties?.correlationData;
  return theirs === undefined ? !retain : Buffer.compare(theirs, ours) === 0;
}

function show(
  context: CommandContext,
  { topic, qos, retain, properties }: IPublishPacket,
  payload: Uint8Array,
  { request, ms, verbose }: { request: string; ms: number; verbose: true | undefined },
): void {
  const text = textOfBytes(payload);
  const line = verbose ? `${topic} ${text}` : `Received response: ${text} (Topic: ${topic})`;
  context.result(context.quiet && !verbose ? text : line, {
    request,
    topic,
    ...messageFields(payload),
    qos,
    retain,
    properties: propertyFields(properties),
    ms,
  });
}
