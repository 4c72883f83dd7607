import { isUtf8 } from "node:buffer";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Will } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { isSystemTopic, type TopicLimits, topicLimitMistake } from "../../../protocol/mqtt/topic.ts";
import type { Clock } from "../ports/clock.ts";
import { encodeOwnPublish } from "../wire/message.ts";
import type { QueuedMemory } from "./queued-memory.ts";
import type { TimerWheel } from "./timer-wheel.ts";

export interface WillLimits extends TopicLimits {
  readonly maxWillSize: number;
  readonly checkPayloadFormat: boolean;
}

/** A will that waits for its delay. */
export interface DelayedWill {
  readonly publish: () => void;
  readonly cancel: () => void;
}

/** The session whose client has left the will. */
interface WillOwner {
  readonly expiry: number;
  delayedWill: DelayedWill | undefined;
}

interface WillContext {
  readonly clock: Clock;
  readonly timers: TimerWheel;
  readonly limits: { readonly maxAllQueuedBytes: number };
  readonly queued: QueuedMemory;
  /** @param origin for subscriptions with no local */
  publish(packet: Buffer, topic: string, origin: object): void;
}

/** A will as the PUBLISH it becomes: it outlives the packet that brought it, and needs no more checks. */
function willPacket(will: Will): Buffer {
  const { willDelayInterval: _, ...properties } = will.properties;
  const { topic, payload, qos, retain } = will;
  return encodeOwnPublish({ topic, payload, qos, retain, properties });
}

/** Why a will is refused. It is published later without another check, so all checks of a PUBLISH are made here. */
export function willMistake(limits: WillLimits, will: Will): MqttError | undefined {
  const { topic, payload, properties } = will;
  const { maxWillSize } = limits;
  const excess = topicLimitMistake(topic, limits);
  if (excess !== undefined) return new MqttError(Reason.TopicNameInvalid, `the topic of its will ${excess}`);
  const { length: size } = willPacket(will);
  if (size > maxWillSize) {
    const message = `its will has ${size} bytes, and maxWillSize is ${maxWillSize}`;
    return new MqttError(Reason.QuotaExceeded, message);
  }
  // Section 3.1.3.2.3: the server may check whether text is text.
  if (!limits.checkPayloadFormat || properties.payloadFormatIndicator !== 1 || isUtf8(payload)) return;
  return new MqttError(Reason.PayloadFormatInvalid, "its will says that it is UTF-8 text, and it is not");
}

/** Publishes a will now, whatever its delay. */
export function publishWill(context: WillContext, session: WillOwner, will: Will): void {
  if (isSystemTopic(will.topic)) return;
  context.publish(willPacket(will), will.topic, session);
}

/**
 * The client has gone without a DISCONNECT [MQTT-3.1.2-8]: its will is published when its delay has passed or its
 * session ends, whichever comes first.
 */
export function publishOrDelayWill(context: WillContext, session: WillOwner, will: Will): void {
  const delay = Math.min((will.properties.willDelayInterval ?? 0) * 1000, session.expiry);
  if (delay <= 0 || isSystemTopic(will.topic)) publishWill(context, session, will);
  else delayWill(context, session, will, delay);
}

function delayWill(context: WillContext, session: WillOwner, will: Will, delay: number): void {
  const { clock, limits, timers, queued } = context;
  // As a packet it is one object, however many properties it has.
  const packet = willPacket(will);
  const { topic } = will;
  const { length } = packet;
  const publish = () => context.publish(packet, topic, session);
  // There is no memory to hold it: published now it is not lost.
  if (queued.bytes + length > limits.maxAllQueuedBytes) {
    publish();
    return;
  }
  queued.bytes += length;
  const cancelDeadline = timers.at(clock.now() + delay, () => {
    session.delayedWill = undefined;
    queued.bytes -= length;
    publish();
  });
  const cancel = () => {
    queued.bytes -= length;
    cancelDeadline();
  };
  session.delayedWill = { publish, cancel };
}

/** Publishes a will that waits for its delay now, if there is one. */
export function publishDelayedWill(session: Pick<WillOwner, "delayedWill">): void {
  const { delayedWill } = session;
  session.delayedWill = undefined;
  delayedWill?.cancel();
  delayedWill?.publish();
}
