import { isSystemTopic } from "../../../protocol/mqtt/topic.ts";
import type { TopicRoute } from "./topic-route.ts";

/** What was published within so many milliseconds is reported. */
const recent = 60_000;

/** Topics remembered at a time. */
const maxTopics = 1000;

interface Undelivered {
  count: number;
  /** When the last one came, or up to a second later. */
  last: number;
}

/** Topics whose messages found no subscriber. For a message this costs an addition to a number on its route. */
export class UndeliveredTopics {
  /** Those that were counted since the last second. */
  #routes: TopicRoute[] = [];
  readonly #topics = new Map<string, Undelivered>();

  /** To be called for messages that no subscription matches. */
  record(route: TopicRoute, count: number): void {
    if (route.undelivered === 0) {
      if (this.#routes.length >= maxTopics || isSystemTopic(route.text)) return;
      this.#routes.push(route);
    }
    route.undelivered += count;
  }

  /** Gives what was counted its time; to be called once a second. */
  tick(now: number): void {
    const routes = this.#routes;
    this.#routes = [];
    for (const [topic, { last }] of this.#topics) if (now - last > recent) this.#topics.delete(topic);
    for (const route of routes) {
      this.#add(route, now);
      route.undelivered = 0;
    }
  }

  #add({ text, undelivered }: TopicRoute, now: number): void {
    const known = this.#topics.get(text);
    if (known !== undefined) {
      known.count += undelivered;
      known.last = now;
    } else if (this.#topics.size < maxTopics) this.#topics.set(text, { count: undelivered, last: now });
  }

  /** Topics of the last minute with the number of their messages, without those that have subscribers by now. */
  report(now: number, hasSubscribers: (topic: string) => boolean): [topic: string, count: number][] {
    this.tick(now);
    for (const topic of this.#topics.keys()) if (hasSubscribers(topic)) this.#topics.delete(topic);
    return [...this.#topics].map(([topic, { count }]) => [topic, count]);
  }
}
