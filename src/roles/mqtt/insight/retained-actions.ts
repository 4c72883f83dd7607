import { z } from "zod";
import type { Asker } from "../../../core/audit.ts";
import type { Action } from "../../../core/role.ts";
import { isSystemTopic, topicFilterMistake } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import { encodeOwnPublish } from "../wire/message.ts";
import { topicMistake } from "./publish-action.ts";
import { findRetained, retainedOn } from "./retained-view.ts";

const topicInput = z.strictObject({ topic: z.string() });
const filterInput = z.strictObject({ filter: z.string() });

/** Deleted by one request: each is published to those who listen. */
const maxDeleted = 500;

/** Deletes the retained message of a topic. */
export const clearRetainedAction =
  (broker: Broker): Action =>
  (given, asker) => {
    const result = topicInput.safeParse(given);
    if (!result.success) throw new Error('the topic is missing; give { "topic": "sister/temp" }');
    const { topic } = result.data;
    const name = topic.slice(0, 200);
    const mistake = topicMistake(topic, broker.config);
    if (mistake !== undefined) throw new Error(`nothing can be deleted on "${name}": the topic ${mistake}`);
    if (retainedOn(broker, topic) === undefined) throw new Error(`"${name}" has no retained message`);
    deleteRetained(broker, topic, asker);
    return { topic, cleared: true };
  };

/** Deletes the retained messages that a filter matches, some hundreds at a time: `more` says to ask again. */
export const deleteRetainedAction =
  (broker: Broker): Action =>
  (given, asker) => {
    const result = filterInput.safeParse(given);
    if (!result.success) throw new Error('the filter is missing; give { "filter": "sister/#" }');
    const { filter } = result.data;
    const mistake = topicFilterMistake(filter);
    if (mistake !== undefined) throw new Error(`"${filter.slice(0, 200)}" is no topic filter: it ${mistake}`);
    if (isSystemTopic(filter)) throw new Error("what $SYS holds is the broker's own");
    const { messages, isCut } = findRetained(broker, filter, maxDeleted);
    const topics = messages.map(({ topic }) => topic.text);
    for (const topic of topics) deleteRetained(broker, topic, asker);
    return { filter, deleted: topics.length, more: isCut && topics.length > 0 };
  };

/** As a client does it: by an empty message with RETAIN. [MQTT-3.3.1-6] */
function deleteRetained(broker: Broker, topic: string, asker: Asker | undefined): void {
  const nothing = { payload: new Uint8Array(), qos: 0, retain: true, properties: {} } as const;
  broker.publish(encodeOwnPublish({ topic, ...nothing }), topic);
  broker.audit.recordAction("retained-deleted", { topic: printable(topic, 1000), ...asker });
}
