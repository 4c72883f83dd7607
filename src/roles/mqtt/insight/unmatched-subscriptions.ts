import { nearest } from "../../../core/nearest.ts";
import { type Problem, problem } from "../../../core/problem.ts";
import { isSystemTopic, topicMatches } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Subscription } from "../routing/subscription.ts";
import { findRetained } from "./retained-view.ts";

/** A subscriber that has waited for so many milliseconds is reported. */
const waitsAfter = 10_000;

/** Topics that a filter is compared with. */
const maxTopics = 2000;

/** A search ends after so many milliseconds, whatever it has found: clients may have very many filters. */
const searchTime = 10;

/** A connected client with a filter that matches no topic in use. */
export interface UnmatchedSubscription {
  readonly subscription: Subscription;
  /** Without `$share/group/`. */
  readonly filter: string;
}

/** Topics that something was published to, the latest to come into use last. */
export const topicsInUse = ({ router }: Broker): string[] =>
  [...router.topics()].slice(-maxTopics).filter((topic) => !isSystemTopic(topic));

export function unmatchedSubscriptions(broker: Broker, topics: readonly string[]): UnmatchedSubscription[] {
  const { router, clock } = broker;
  const start = clock.now();
  const waiting: UnmatchedSubscription[] = [];
  for (const [filter, since] of router.unmatchedFilters) {
    const now = clock.now();
    if (now - start > searchTime) break;
    if (now - since < waitsAfter) continue;
    const online = filter.all().filter((subscription) => {
      const connectedAt = connectionTime(broker, subscription);
      return connectedAt !== undefined && now - connectedAt >= waitsAfter;
    });
    if (online.length === 0 || isInUse(broker, filter.filter, topics)) continue;
    for (const subscription of online) waiting.push({ subscription, filter: filter.filter });
  }
  return waiting;
}

/** When the subscriber's client connected; undefined: it is offline. */
function connectionTime({ sessions, registry }: Broker, { subscriber }: Subscription): number | undefined {
  const session = sessions.get(subscriber.clientId);
  // A session that has ended keeps no subscription, but its client identifier may have another session by now.
  return session !== subscriber ? undefined : registry.clientOf(session)?.since;
}

/** The filter matches a topic that was published to before somebody subscribed, or one with a retained message. */
const isInUse = (broker: Broker, filter: string, topics: readonly string[]): boolean =>
  topics.some((topic) => topicMatches(filter, topic)) || findRetained(broker, filter, 1).messages.length > 0;

export function describeUnmatched(
  { subscription, filter }: UnmatchedSubscription,
  topics: readonly string[],
): Problem {
  const values = {
    client: printable(subscription.subscriber.clientId, 60),
    filter: printable(subscription.filter, 200),
  };
  const text = `client ${values.client} waits on ${values.filter}, to which nothing has been published`;
  const found = suggestion(filter, topics);
  if (found === undefined) return problem("mqtt-unmatched", text, values);
  const meant = printable(found, 200);
  return problem("mqtt-misspelt", `${text}: did it mean ${meant}?`, { ...values, meant });
}

/** The topic in use that the filter is most likely a slip of; with wildcards where the filter has them. */
export function suggestion(filter: string, topics: readonly string[]): string | undefined {
  const levels = filter.split("/");
  return nearest(filter, new Set(topics.map((topic) => shapedLike(levels, topic.split("/")))));
}

function shapedLike(filter: readonly string[], topic: readonly string[]): string {
  const rest = filter.indexOf("#");
  const shaped = topic.map((level, index) => (filter[index] === "+" ? "+" : level));
  return (rest < 0 ? shaped : [...shaped.slice(0, rest), "#"]).join("/");
}
