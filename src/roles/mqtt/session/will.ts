import { isUtf8 } from "node:buffer";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Will } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { topicDepth } from "../../../protocol/mqtt/topic.ts";
import type { Broker } from "../broker/broker.ts";
import { ownPublish } from "../wire/own-publish.ts";
import { isSystemTopic } from "../wire/system-topic.ts";
import type { Session } from "./session.ts";

/** A will as the PUBLISH it becomes: it outlives the packet that brought it, and needs no more checks. */
export function willPacket(will: Will): Buffer {
  const { willDelayInterval: _, ...properties } = will.properties;
  const { topic, payload, qos, retain } = will;
  return ownPublish({ topic, payload, qos, retain, properties });
}

/**
 * Why a will is not taken, as a reason code and in words. A will is published without another look at it, so what a
 * PUBLISH would be refused for is looked at when it comes.
 */
export function willMistake({ config }: Pick<Broker, "config">, will: Will): MqttError | undefined {
  const { topic, payload, properties } = will;
  const length = Buffer.byteLength(topic);
  if (length > config.maxTopicLength) {
    const message = `the topic of its will has ${length} bytes, and maxTopicLength is ${config.maxTopicLength}`;
    return new MqttError(Reason.TopicNameInvalid, message);
  }
  const depth = topicDepth(topic);
  if (depth > config.maxTopicLevels) {
    const message = `the topic of its will has ${depth} levels, and maxTopicLevels is ${config.maxTopicLevels}`;
    return new MqttError(Reason.TopicNameInvalid, message);
  }
  const { length: size } = willPacket(will);
  if (size > config.maxWillSize) {
    const message = `its will has ${size} bytes, and maxWillSize is ${config.maxWillSize}`;
    return new MqttError(Reason.QuotaExceeded, message);
  }
  // Section 3.1.3.2.3: the server may look at whether text is text.
  if (!config.checkPayloadFormat || properties.payloadFormatIndicator !== 1 || isUtf8(payload)) return;
  return new MqttError(Reason.PayloadFormatInvalid, "its will says that it is UTF-8 text, and it is not");
}

/** Publishes a will now, whatever its delay. */
export function publishWill(broker: Broker, session: Session, will: Will): void {
  if (isSystemTopic(will.topic)) return;
  broker.publish(willPacket(will), will.topic, session);
}

/**
 * The client has gone without a DISCONNECT [MQTT-3.1.2-8]: its will is published when its delay has passed or its
 * session ends, whichever comes first.
 */
export function executeWill(broker: Broker, session: Session, will: Will): void {
  const delay = Math.min((will.properties.willDelayInterval ?? 0) * 1000, session.expiry);
  if (delay <= 0 || isSystemTopic(will.topic)) publishWill(broker, session, will);
  else delayWill(broker, session, will, delay);
}

function delayWill(broker: Broker, session: Session, will: Will, delay: number): void {
  const { clock, config, deadlines, queued } = broker;
  // As a packet it is one object, however many properties it has.
  const packet = willPacket(will);
  const { topic } = will;
  const { length } = packet;
  const publish = () => broker.publish(packet, topic, session);
  // Too early is better than never.
  if (queued.bytes + length > config.maxAllQueuedBytes) {
    publish();
    return;
  }
  queued.bytes += length;
  const takeBack = deadlines.at(clock.now() + delay, () => {
    session.delayedWill = undefined;
    queued.bytes -= length;
    publish();
  });
  const cancel = () => {
    queued.bytes -= length;
    takeBack();
  };
  session.delayedWill = { publish, cancel };
}
