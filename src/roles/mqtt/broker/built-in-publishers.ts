import { secondClock } from "../../../protocol/text/clock.ts";
import { compileTemplate } from "../../../protocol/text/template.ts";
import { messageFields, type PublisherConfig } from "../config.ts";
import type { Clock } from "../ports/clock.ts";
import { encodeOwnPublish } from "../wire/message.ts";

const encoder = new TextEncoder();

interface Broker {
  readonly clock: Clock;
  publish(packet: Buffer, topic: string): void;
}

/**
 * Starts the built-in publishers of the configuration, so that a subscriber sees data at once.
 * @returns stops them
 */
export function startPublishers(broker: Broker, publishers: readonly PublisherConfig[]): () => void {
  const stops = publishers.map((publisher) => startPublisher(broker, publisher));
  return () => {
    for (const stop of stops) stop();
  };
}

function startPublisher(broker: Broker, { topic, message, every, qos, retain }: PublisherConfig): () => void {
  const template = compileTemplate(message, messageFields);
  const timeOfDay = secondClock("%H:%M:%S", "local");
  let count = 0;
  return broker.clock.every(every, () => {
    count++;
    const payload = encoder.encode(template.render({ count, time: timeOfDay(Date.now()) }));
    broker.publish(encodeOwnPublish({ topic, payload, qos, retain, properties: {} }), topic);
  });
}
