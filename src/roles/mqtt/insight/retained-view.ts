import type { View } from "../../../core/role.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Message } from "../wire/message.ts";
import { payloadText } from "./payload-text.ts";
import { readViewQuery } from "./view-query.ts";

/** A search for one view ends after so many slices, of `nodesPerSlice` nodes each. */
const maxSlices = 50;

export interface Found {
  readonly messages: readonly Message[];
  /** There may be more. */
  readonly isCut: boolean;
}

/** Up to `limit` retained messages that the filter matches, found in a bounded time. */
export function findRetained({ retained, clock }: Broker, filter: string, limit: number): Found {
  const messages: Message[] = [];
  let slices = 0;
  for (const message of retained.match(filter, clock.now)) {
    if (message === undefined) {
      if (++slices === maxSlices) return { messages, isCut: true };
    } else if (messages.length === limit) return { messages, isCut: true };
    else messages.push(message);
  }
  return { messages, isCut: false };
}

/** What the topic retains. */
export const retainedOn = (broker: Broker, topic: string): Message | undefined =>
  findRetained(broker, topic, 1).messages[0];

/** Retained messages, in the order of the tree. */
export const retainedView =
  (broker: Broker): View =>
  (query) => {
    const { limit, filter = "#" } = readViewQuery(query, "limit", "filter");
    const { messages, isCut } = findRetained(broker, filter, limit);
    const now = broker.clock.now();
    return { retained: messages.map((message) => row(message, now)), truncated: isCut };
  };

function row(message: Message, now: number): object {
  const { topic, bytes, payloadStart, end, qos } = message;
  const left = message.secondsLeft(now);
  return {
    topic: printable(topic.text, 1000),
    payload: payloadText(bytes.subarray(payloadStart, end)),
    size: end - payloadStart,
    qos,
    /** Seconds; null: it does not expire. */
    expiresIn: left < 0 ? null : left,
  };
}
