import { nearest } from "../../../core/nearest.ts";
import { topicMatches } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Audience, Subscription } from "../routing/subscribers.ts";
import { isSystemTopic } from "../wire/system-topic.ts";
import { findRetained } from "./retained-view.ts";

/** Whoever has waited for so many milliseconds may wait for something that does not come. */
const patience = 10_000;

/** Topics that a filter is compared with. */
const mostTopics = 2000;

/** A search ends after so many milliseconds, whatever it has found: clients may have very many filters. */
const searchTime = 10;

/** A connected client with a filter that matches no topic in use. */
export interface Waiting {
  readonly subscription: Subscription;
  /** Without `$share/group/`. */
  readonly filter: string;
}

/** Topics that something was published to, the latest to come into use last. */
export const topicsInUse = ({ routes }: Broker): string[] =>
  [...routes.topics()].slice(-mostTopics).filter((topic) => !isSystemTopic(topic));

export function waitingClients(broker: Broker, topics: readonly string[]): Waiting[] {
  const { routes, clock } = broker;
  const start = clock.now();
  const waiting: Waiting[] = [];
  for (const [audience, since] of routes.silent) {
    const now = clock.now();
    if (now - start > searchTime) break;
    if (now - since < patience) continue;
    const here = subscribers(audience).filter(({ session: { connection } }) => {
      return connection !== undefined && now - connection.since >= patience;
    });
    if (here.length === 0 || isInUse(broker, audience.filter, topics)) continue;
    for (const subscription of here) waiting.push({ subscription, filter: audience.filter });
  }
  return waiting;
}

const subscribers = ({ subscriptions, groups }: Audience): readonly Subscription[] =>
  groups.length === 0 ? subscriptions : subscriptions.concat(...groups.map((group) => group.members));

/** What was published before somebody subscribed is a name that is right, and what is retained has come at once. */
const isInUse = (broker: Broker, filter: string, topics: readonly string[]): boolean =>
  topics.some((topic) => topicMatches(filter, topic)) || findRetained(broker, filter, 1).messages.length > 0;

export function waitingSentence({ subscription, filter }: Waiting, topics: readonly string[]): string {
  const { session, filter: written } = subscription;
  const meant = suggestion(filter, topics);
  const question = meant === undefined ? "" : `: did it mean ${printable(meant, 200)}?`;
  const who = `client ${printable(session.clientId, 60)}`;
  return `${who} waits on ${printable(written, 200)}, to which nothing has been published${question}`;
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
