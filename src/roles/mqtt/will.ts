import { isUtf8 } from "node:buffer";
import { MqttError } from "../../protocol/mqtt/errors.ts";
import type { Will } from "../../protocol/mqtt/packet.ts";
import { Reason } from "../../protocol/mqtt/reason.ts";
import { topicDepth } from "../../protocol/mqtt/topic.ts";
import type { Broker } from "./broker.ts";
import { ownPublish } from "./own-publish.ts";
import type { Session } from "./session.ts";
import { isSystemTopic } from "./system-topic.ts";

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
  const depth = topicDepth(topic);
  if (depth > config.maxTopicLevels) {
    const message = `the topic of its will has ${depth} levels, and maxTopicLevels is ${config.maxTopicLevels}`;
    return new MqttError(Reason.TopicNameInvalid, message);
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
  const publish = () => publishWill(broker, session, will);
  const delay = Math.min((will.properties.willDelayInterval ?? 0) * 1000, session.expiry);
  if (delay <= 0) {
    publish();
    return;
  }
  const cancel = broker.deadlines.at(broker.clock.now() + delay, () => {
    session.delayedWill = undefined;
    publish();
  });
  session.delayedWill = { publish, cancel };
}
