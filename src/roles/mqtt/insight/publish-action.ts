import { z } from "zod";
import type { Action } from "../../../core/role.ts";
import {
  isSystemTopic,
  type TopicLimits,
  topicLimitMistake,
  topicNameMistake,
} from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import { encodeOwnPublish } from "../wire/message.ts";

const input = z.strictObject({
  topic: z.string(),
  payload: z.string().default(""),
  qos: z.literal([0, 1, 2]).default(0),
  retain: z.boolean().default(false),
});

const encoder = new TextEncoder();

/** Publishes as the broker itself does. Gives how many clients and shared groups subscribed to the topic. */
export const publishAction =
  (broker: Broker): Action =>
  (given, asker) => {
    const { topic, payload: text, qos, retain } = read(given);
    const mistake = topicMistake(topic, broker.config);
    if (mistake !== undefined)
      throw new Error(`cannot publish to "${topic.slice(0, 200)}": the topic ${mistake}`);
    const payload = encoder.encode(text);
    const packet = encodeOwnPublish({ topic, payload, qos, retain, properties: {} });
    const { maxPacketSize } = broker.config;
    if (packet.length > maxPacketSize) {
      throw new Error(`the packet would have ${packet.length} bytes, and maxPacketSize is ${maxPacketSize}`);
    }
    broker.publish(packet, topic);
    broker.audit.recordAction("message-published", { topic: printable(topic, 1000), qos, retain, ...asker });
    const { length: subscribers } = broker.router.recipients(broker.router.topicNamed(topic));
    return { topic, size: payload.length, qos, retain, subscribers };
  };

/** @throws {Error} */
function read(given: unknown): z.infer<typeof input> {
  const result = input.safeParse(given);
  if (result.success) return result.data;
  const issues = result.error.issues.map(
    ({ path, message }) => `${path.join(".") || "the input"}: ${message}`,
  );
  const wanted = '{ "topic": "sister/temp", "payload": "28", "qos": 0, "retain": false }';
  throw new Error(`${issues.join("; ")}; give ${wanted}`);
}

export function topicMistake(topic: string, limits: TopicLimits): string | undefined {
  const mistake = topicNameMistake(topic);
  if (mistake !== undefined) return mistake;
  if (isSystemTopic(topic))
    return "is the broker's own to publish its figures: choose one that does not start with $SYS";
  if (!topic.isWellFormed()) return "holds half a character (a lone surrogate)";
  return topicLimitMistake(topic, limits);
}
