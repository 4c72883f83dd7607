import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import { LaggingClients } from "./lagging-clients.ts";
import { describeUnmatched, topicsInUse, unmatchedSubscriptions } from "./unmatched-subscriptions.ts";

/** Sentences of one kind. */
const maxOfAKind = 5;

/** How often sessions are polled, in milliseconds. */
const pollPeriod = 5000;

/** An answer is given again for so many milliseconds: many may ask, and often. */
const answerLasts = 1000;

/** What goes wrong just now without being an error, in sentences for a person. */
export class Problems {
  readonly #broker: Broker;
  readonly #lagging: LaggingClients;
  readonly #stops: readonly (() => void)[];
  #answer: { readonly sentences: readonly string[]; readonly until: number } | undefined;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#lagging = new LaggingClients((session) => broker.registry.clientOf(session));
    const { clock, undelivered } = broker;
    this.#stops = [
      clock.every(1000, () => undelivered.tick(clock.now())),
      clock.every(pollPeriod, () => this.#lagging.poll(broker.sessions.values(), clock.now())),
    ];
  }

  readonly report = (): readonly string[] => {
    const now = this.#broker.clock.now();
    if (this.#answer === undefined || now >= this.#answer.until) {
      this.#answer = { sentences: this.#find(now), until: now + answerLasts };
    }
    return this.#answer.sentences;
  };

  #find(now: number): string[] {
    const broker = this.#broker;
    this.#lagging.poll(broker.sessions.values(), now);
    const topics = topicsInUse(broker);
    const waiting = unmatchedSubscriptions(broker, topics);
    const undelivered = broker.undelivered.report(now, (topic) => broker.router.hasSubscribers(topic));
    return [
      ...some(undelivered, undeliveredSentence, "topics without a subscriber"),
      ...some(waiting, (client) => describeUnmatched(client, topics), "subscriptions that wait"),
      ...some(this.#lagging.silent(now), String, "clients that do not acknowledge"),
      ...some(this.#lagging.slow(now), String, "clients for whom messages were dropped"),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}

function undeliveredSentence([topic, count]: [topic: string, count: number]): string {
  return `${count} ${count === 1 ? "message" : "messages"} to ${printable(topic, 200)} found no subscriber`;
}

/** Sentences about the first of them, and how many others there are. */
function some<T>(items: readonly T[], describe: (item: T) => string, others: string): string[] {
  const sentences = items.slice(0, maxOfAKind).map(describe);
  const left = items.length - sentences.length;
  return left > 0 ? [...sentences, `and ${left} more ${others}`] : sentences;
}
