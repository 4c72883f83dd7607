import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import { byteSize, duration, host, port } from "../../core/schema.ts";
import { admissionFields } from "../../net/tcp/admission-config.ts";
import { topicLimitMistake, topicNameMistake } from "../../protocol/mqtt/topic.ts";
import { compileTemplate } from "../../protocol/text/template.ts";
import { authFields, authMistakes } from "./auth/config.ts";
import { persistenceFields } from "./durable/config.ts";
import {
  connectTimeout,
  listener,
  listenerFields,
  listenerMistakes,
  maxPacketSize,
  placeMistakes,
} from "./listener-config.ts";
import { ruleFields } from "./rules/config.ts";
import { userFields, userMistakes } from "./users/config.ts";
import { listenerAccessMistakes } from "./users/listener-access.ts";
import { furtherAccessFields, ownAccessFields } from "./users/listener-access-config.ts";

/** What a built-in publisher's message may hold besides `{random A..B}`. */
export const messageFields = ["time", "count"] as const;

const topic = z.string().check((context) => {
  const mistake = topicNameMistake(context.value);
  if (mistake === undefined) return;
  const message = `must be a topic to publish to, such as sister/temp; "${context.value}" ${mistake}`;
  context.issues.push({ code: "custom", input: context.value, message });
});

const message = z.string().check((context) => {
  try {
    compileTemplate(context.value, messageFields);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    context.issues.push({ code: "custom", input: context.value, message: text });
  }
});

const publisher = z.strictObject({
  topic: topic.describe("Where to publish."),
  message: message.describe(
    "What to publish. {random 20..35} is a number in that range, {time} the time of day, {count} 1, 2, 3 ...",
  ),
  every: duration("1s", { min: "1ms" }).describe("How often."),
  qos: z
    .union([z.literal(0), z.literal(1), z.literal(2)])
    .default(0)
    .describe("Quality of service: 0, 1 or 2."),
  retain: z.boolean().default(false).describe("Keep the last message for those who subscribe later."),
});

const fields = z.strictObject({
  host,
  port: port(labPorts.mqtt),
  ...listenerFields,
  listeners: z
    .array(listener.extend(furtherAccessFields))
    .default([])
    .describe(
      "Further listeners beside the service's own port, each with its own transport and limits, on a port or a Unix socket.",
    ),
  ...userFields,
  ...authFields,
  ...ownAccessFields,
  ...ruleFields,
  serverReference: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Another server for MQTT 5 clients, such as lab2.example:1883: named (with 0x9C) when all sessions are in use and when the service stops.",
    ),
  publish: z.array(publisher).default([]).describe("Built-in publishers: a subscriber sees data at once."),
  maxConnections: z
    .int()
    .min(1)
    .default(20_000)
    .describe("Clients at once, on all listeners together; more are closed as they come."),
  maxConnectionsPerAddress: admissionFields.maxConnectionsPerAddress.describe(
    "Clients at once from one address, or one /64 of IPv6, on all listeners together; more are closed as they come. 0 is no limit.",
  ),
  connectTimeout: connectTimeout.describe(
    "A client that has not sent its CONNECT and authenticated by then is closed; a TLS and a WebSocket handshake before have the same time each.",
  ),
  tcpKeepAlive: duration("1m", { max: "32767s" }).describe(
    "After this long without traffic the operating system probes whether the client is still there, and gives up after ten probes, a second apart; 0 is never.",
  ),
  persistence: persistenceFields.optional(),
  maxKeepAlive: duration("0s", { max: "65535s" }).describe(
    "The longest keep alive of an MQTT 5 client, sent to one that asks for more or for none. 0 leaves it to the client.",
  ),
  maxPacketSize: maxPacketSize.describe("A client that sends a larger packet is disconnected."),
  sendBuffer: byteSize("4MiB").describe(
    "Bytes that may wait in the network for a slow subscriber. Past it QoS 0 messages are dropped (and counted), QoS 1 and 2 wait in its queue.",
  ),
  maxSendBuffers: byteSize("64MiB").describe(
    "Bytes that may wait in the network for all subscribers together. Past it each has 64 KiB and not sendBuffer.",
  ),
  maxReceiveBuffers: byteSize("96MiB").describe(
    "Bytes of partial packets of all clients together. Past it a client that holds more than 64 KiB is disconnected (0x97) when it sends more.",
  ),
  maxPublishRate: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "Messages a second that a client may publish, and as many at once after a pause. A faster client is not read for a while: nothing is lost, but all that it sends waits, PINGREQ too. Counted by client identifier, so connecting again gains one message at most. 0 is no limit.",
    ),
  maxPublishBytesRate: byteSize("0").describe(
    "Bytes of PUBLISH packets a second that a client may send, limited in the same way; 0 is no limit. A packet larger than a minute's worth is waited for a minute: maxPacketSize limits it.",
  ),
  maxUserPublishRate: z
    .number()
    .min(0)
    .default(0)
    .describe(
      "Messages a second that all clients of one user name may publish together, limited in the same way; 0 is no limit.",
    ),
  maxUserPublishBytesRate: byteSize("0").describe(
    "Bytes of PUBLISH packets a second of all clients of one user name together; 0 is no limit.",
  ),
  checkPayloadFormat: z
    .boolean()
    .default(false)
    .describe("Refuse a message (0x99) that says it is UTF-8 text (payload format indicator 1) and is not."),
  maxQueuedMessages: z
    .int()
    .min(0)
    .default(10_000)
    .describe(
      "QoS 1 and 2 messages queued for one client, offline or slow; expired ones are removed first, then further messages are dropped.",
    ),
  maxQueuedBytes: byteSize("16MiB").describe(
    "Bytes queued for one client, and those in flight to it that a persistent session keeps until they are acknowledged; more are dropped. One message may always be in flight.",
  ),
  maxAllQueuedBytes: byteSize("192MiB").describe(
    "The memory that all of these take together, and delayed wills; past it each client has at most 64 KiB in flight. A message queued for several clients is counted once, and 120 bytes for each. The last quarter is for clients with less than 64 KiB.",
  ),
  maxInflight: z
    .int()
    .min(1)
    .max(65_535)
    .default(1000)
    .describe("QoS 1 and 2 messages in flight to one client: sent and not yet acknowledged."),
  receiveMaximum: z
    .int()
    .min(1)
    .max(65_535)
    .default(1000)
    .describe(
      "QoS 2 messages in flight from one client, not yet released. Sent to MQTT 5 clients; before MQTT 5 there is no way to announce it, so clients may use all 65,535 identifiers.",
    ),
  topicAliasMaximum: z
    .int()
    .min(0)
    .max(65_535)
    .default(32)
    .describe("Topic aliases that an MQTT 5 client may use for what it publishes; 0 for none."),
  maxTopicAliasesOut: z
    .int()
    .min(0)
    .max(65_535)
    .default(32)
    .describe(
      "Topic aliases for what an MQTT 5 client receives, if it accepts that many: each topic is sent once. 0 for none.",
    ),
  maxSubscriptions: z.int().min(1).default(10_000).describe("Subscriptions of one client."),
  maxSubscriptionBytes: byteSize("160MiB").describe(
    "Bytes of all clients' subscriptions together: about 500 each, and twice the filter's length. More are refused.",
  ),
  maxWildcardCost: z
    .int()
    .min(1)
    .default(1000)
    .describe(
      "How far the filters of one client that have several wildcards may multiply: the nodes of the filter tree that a topic has to visit for them. More are refused (0x97), and so are those of a client that has several of them once all clients together have four times as much, and any at sixteen times.",
    ),
  maxTopicLevels: z.int().min(1).default(128).describe("Levels of a topic or filter: a/b/c has 3."),
  maxTopicLength: z
    .int()
    .min(1)
    .max(65_535)
    .default(4096)
    .describe("Bytes of a topic or a topic filter; a longer one is refused (0x90, 0x8F)."),
  topicCacheSize: z
    .int()
    .min(100)
    .max(10_000_000)
    .default(20_000)
    .describe(
      "Topics whose subscribers are remembered, at about 700 bytes each. A message to another topic has to find its subscribers again, which takes about as long as all the rest of its way.",
    ),
  maxClientIdLength: z
    .int()
    .min(23)
    .max(65_535)
    .default(256)
    .describe("Characters of a client identifier; a client with a longer one is refused (0x85)."),
  maxWillSize: byteSize("64KiB").describe(
    "Bytes of a will with its topic and properties; a client with a larger one is refused (0x97).",
  ),
  maxRetained: z.int().min(0).default(1_000_000).describe("Topics with a retained message."),
  maxRetainedBytes: byteSize("192MiB").describe("Bytes of all retained messages together."),
  maxSessions: z
    .int()
    .min(1)
    .default(100_000)
    .describe(
      "Sessions of connected and offline clients. At the limit a new client replaces the session that has been offline longest, and is refused when all are connected.",
    ),
  sysInterval: duration("10s").describe(
    "How often the statistics under $SYS/broker/... are published, by Mosquitto's names; 0 is never.",
  ),
  maxSessionExpiry: duration("7d", { max: "36500d", forever: true }).describe(
    "How long the session of an offline client is kept at most; forever is allowed.",
  ),
});

export const mqttConfig = fields.check(({ value, issues }) => {
  for (const mistake of authMistakes(value)) issues.push({ code: "custom", input: undefined, ...mistake });
  for (const mistake of userMistakes(value)) issues.push({ code: "custom", input: undefined, ...mistake });
  for (const mistake of listenerAccessMistakes(value))
    issues.push({ code: "custom", input: undefined, ...mistake });
  for (const mistake of listenerMistakes(value))
    issues.push({ code: "custom", input: undefined, ...mistake });
  for (const [index, listener] of value.listeners.entries()) {
    for (const { path, message } of [...listenerMistakes(listener), ...placeMistakes(listener)]) {
      issues.push({ code: "custom", input: undefined, path: ["listeners", index, ...path], message });
    }
  }
  for (const [index, { topic }] of value.publish.entries()) {
    const message = topicLimitMistake(topic, value);
    if (message === undefined) continue;
    issues.push({
      code: "custom",
      input: topic,
      path: ["publish", index, "topic"],
      message: `must be a shorter topic: it ${message}`,
    });
  }
});

export type MqttConfig = z.infer<typeof mqttConfig>;
export type PublisherConfig = z.infer<typeof publisher>;
