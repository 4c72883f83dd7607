import { isUtf8 } from "node:buffer";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Will } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { isSystemTopic, type TopicLimits, topicLimitMistake } from "../../../protocol/mqtt/topic.ts";
import type { Access, Permissions } from "../ports/access.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { CommitGate } from "../wire/commit-gate.ts";
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
interface WillOwner extends WillAuthor {
  readonly expiry: number;
  delayedWill: DelayedWill | undefined;
}

export interface WillContext {
  readonly store: Pick<Store, "isDurable" | "keepWill" | "dropWill">;
  readonly gate: Pick<CommitGate, "transaction">;
  readonly clock: Clock;
  readonly timers: TimerWheel;
  readonly access: Pick<Access, "permissionsOf">;
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

/** Records the will of a client that has connected: it is published, too, when the broker ends before the client. */
export function recordWill(
  { store }: Pick<WillContext, "store">,
  { clientId, willAuthor }: WillOwner,
  will: Will,
): void {
  if (store.isDurable) store.keepWill(clientId, willDelay(will), () => willPacket(will), willAuthor);
}

/** In milliseconds. */
const willDelay = (will: Will): number => (will.properties.willDelayInterval ?? 0) * 1000;

/** Whether a will waits when its client has gone. */
export const isDelayed = (session: WillOwner, will: Will): boolean =>
  Math.min(willDelay(will), session.expiry) > 0 && !isSystemTopic(will.topic);

/** Publishes a will now, whatever its delay. */
export function publishWill(context: WillContext, session: WillOwner, will: Will): void {
  context.store.dropWill(session.clientId);
  if (!mayPublish(context, session, will.topic)) return;
  context.publish(willPacket(will), will.topic, session);
}

/** It was allowed when the client connected; the rules may have changed since. */
export const mayPublish = (
  { access }: Pick<WillContext, "access">,
  { clientId, willAuthor, owner, permissions }: WillAuthor,
  topic: string,
): boolean => {
  if (isSystemTopic(topic)) return false;
  // Those of the session are up to date, and know what somebody else than the configuration has granted.
  const known = willAuthor === owner ? permissions : undefined;
  return (known ?? access.permissionsOf({ clientId, username: willAuthor })).mayPublish(topic);
};

/** Under whose name a will is published. */
interface WillAuthor {
  readonly clientId: string;
  /** The name that its client had proved; undefined: none. */
  readonly willAuthor: string | undefined;
  /** Of the session, if there is one: under which it was begun, proved or not. */
  readonly owner?: string | undefined;
  readonly permissions?: Permissions;
}

/**
 * The client has gone without a DISCONNECT [MQTT-3.1.2-8]: its will is published when its delay has passed or its
 * session ends, whichever comes first.
 */
export function publishOrDelayWill(context: WillContext, session: WillOwner, will: Will): void {
  if (!isDelayed(session, will)) publishWill(context, session, will);
  // As a packet it is one object, however many properties it has.
  else delayWill(context, session, willPacket(will), will.topic, Math.min(willDelay(will), session.expiry));
}

/** Publishes a will, which is a PUBLISH packet of MQTT 5, in so many milliseconds. */
export function delayWill(
  context: WillContext,
  session: WillOwner,
  packet: Buffer,
  topic: string,
  delay: number,
): void {
  const { clock, limits, timers, queued, store, gate } = context;
  const { length } = packet;
  const publish = () => {
    if (mayPublish(context, session, topic)) context.publish(packet, topic, session);
  };
  // There is no memory to hold it: published now it is not lost.
  if (queued.bytes + length > limits.maxAllQueuedBytes) {
    store.dropWill(session.clientId);
    publish();
    return;
  }
  queued.bytes += length;
  const forget = () => {
    session.delayedWill = undefined;
    queued.bytes -= length;
    store.dropWill(session.clientId);
  };
  const cancelDeadline = timers.at(clock.now() + delay, () =>
    // It is recorded as published, and its message, together.
    gate.transaction(() => {
      forget();
      publish();
    }),
  );
  const cancel = () => {
    forget();
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
