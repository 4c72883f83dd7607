import type { Conversation, Traffic } from "../../../core/traffic.ts";
import { describePublish } from "../../../protocol/mqtt/describe.ts";
import { publishFields } from "../../../protocol/mqtt/fields.ts";
import { secondClock } from "../../../protocol/text/clock.ts";
import { compileTemplate } from "../../../protocol/text/template.ts";
import { messageFields, type PublisherConfig } from "../config.ts";
import type { Clock } from "../ports/clock.ts";
import { encodeOwnPublish } from "../wire/message.ts";

const encoder = new TextEncoder();

interface Broker {
  readonly clock: Clock;
  publish(packet: Buffer, topic: string, origin: undefined, group: number): void;
}

/** How the built-in publishers appear among the clients. */
const clientName = "lab publisher";

/** Where observers see what is published, also while nobody subscribes. */
export interface PublisherTrace {
  readonly traffic: Traffic;
  readonly service: string;
  /** `host:port` of the broker. */
  readonly local: string;
}

/**
 * Starts the built-in publishers of the configuration, so that a subscriber sees data at once.
 * @returns stops them
 */
export function startPublishers(
  broker: Broker,
  publishers: readonly PublisherConfig[],
  trace: PublisherTrace,
): () => void {
  const stops = publishers.map((publisher) => startPublisher(broker, publisher, trace));
  return () => {
    for (const stop of stops) stop();
  };
}

function startPublisher(
  broker: Broker,
  { topic, message, every, qos, retain }: PublisherConfig,
  { traffic, service, local }: PublisherTrace,
): () => void {
  const conversation: Conversation = {
    id: `${service}#${clientName}`,
    service,
    transport: "tcp",
    local,
    remote: clientName,
  };
  const template = compileTemplate(message, messageFields);
  const timeOfDay = secondClock("%H:%M:%S", "local");
  let count = 0;
  return broker.clock.every(every, () => {
    count++;
    const payload = encoder.encode(template.render({ count, time: timeOfDay(Date.now()) }));
    // Without bytes: these went over no wire.
    const group = traffic.begin();
    if (group > 0) {
      const facts = { topic, qos, retain, dup: false, packetId: 0, payload };
      const text = describePublish(facts);
      const fields = { client: clientName, ...publishFields(facts) };
      traffic.emit({
        kind: "message",
        conversation,
        direction: "in",
        text,
        fields,
        isScheduled: true,
        group,
      });
    }
    broker.publish(
      encodeOwnPublish({ topic, payload, qos, retain, properties: {} }),
      topic,
      undefined,
      group,
    );
  });
}
