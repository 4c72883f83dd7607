import type { Will } from "../../protocol/mqtt/packet.ts";
import type { Broker } from "./broker.ts";
import { ownPublish } from "./own-publish.ts";
import type { Session } from "./session.ts";

/** A will as the PUBLISH it becomes: it outlives the packet that brought it, and needs no more checks. */
export function willPacket(will: Will): Buffer {
  const { willDelayInterval: _, ...properties } = will.properties;
  const { topic, payload, qos, retain } = will;
  return ownPublish({ topic, payload, qos, retain, properties });
}

/** Publishes a will now, whatever its delay. */
export function publishWill(broker: Broker, session: Session, will: Will): void {
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
