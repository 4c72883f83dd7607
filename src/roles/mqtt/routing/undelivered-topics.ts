import { isSystemTopic } from "../wire/system-topic.ts";
import type { Route } from "./topic-route.ts";

/** What was published within so many milliseconds is worth telling. */
const recent = 60_000;

/** Topics remembered at a time. */
const mostTopics = 1000;

interface Lost {
  count: number;
  /** When the last one came, or up to a second later. */
  last: number;
}

/** Messages that found nobody. On their way they cost an addition to a number on the route. */
export class Unheard {
  /** Those with a number since the last second. */
  #routes: Route[] = [];
  readonly #topics = new Map<string, Lost>();

  /** Called for messages that no subscription matches. */
  note(route: Route, count: number): void {
    if (route.unheard === 0) {
      if (this.#routes.length >= mostTopics || isSystemTopic(route.text)) return;
      this.#routes.push(route);
    }
    route.unheard += count;
  }

  /** A second has passed: the numbers get their time. */
  tick(now: number): void {
    const routes = this.#routes;
    this.#routes = [];
    for (const [topic, { last }] of this.#topics) if (now - last > recent) this.#topics.delete(topic);
    for (const route of routes) {
      this.#add(route, now);
      route.unheard = 0;
    }
  }

  #add({ text, unheard }: Route, now: number): void {
    const lost = this.#topics.get(text);
    if (lost !== undefined) {
      lost.count += unheard;
      lost.last = now;
    } else if (this.#topics.size < mostTopics) this.#topics.set(text, { count: unheard, last: now });
  }

  /** Topics of the last minute with the number of their messages; those that have found somebody are forgotten. */
  report(now: number, isHeard: (topic: string) => boolean): [topic: string, count: number][] {
    this.tick(now);
    for (const topic of this.#topics.keys()) if (isHeard(topic)) this.#topics.delete(topic);
    return [...this.#topics].map(([topic, { count }]) => [topic, count]);
  }
}
