import { type Problem, problem } from "../../../core/problem.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Refused } from "../broker/refusals.ts";
import { LaggingClients } from "./lagging-clients.ts";
import { describeUnmatched, topicsInUse, unmatchedSubscriptions } from "./unmatched-subscriptions.ts";

/** Problems of one kind. */
const maxOfAKind = 5;

/** How often sessions are polled, in milliseconds. */
const pollPeriod = 5000;

/** What was refused so long ago is not told any more, in milliseconds. */
const refusalLasts = 10 * 60_000;

/** An answer is given again for so many milliseconds: many may ask, and often. */
const answerLasts = 1000;

/** What goes wrong just now without being an error. */
export class Problems {
  readonly #broker: Broker;
  readonly #lagging: LaggingClients;
  readonly #stops: readonly (() => void)[];
  #answer: { readonly problems: readonly Problem[]; readonly until: number } | undefined;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#lagging = new LaggingClients((session) => broker.registry.clientOf(session));
    const { clock, undelivered } = broker;
    this.#stops = [
      clock.every(1000, () => undelivered.tick(clock.now())),
      clock.every(pollPeriod, () => this.#lagging.poll(broker.sessions.values(), clock.now())),
    ];
  }

  readonly report = (): readonly Problem[] => {
    const now = this.#broker.clock.now();
    if (this.#answer === undefined || now >= this.#answer.until) {
      this.#answer = { problems: this.#find(now), until: now + answerLasts };
    }
    return this.#answer.problems;
  };

  #find(now: number): Problem[] {
    const broker = this.#broker;
    this.#lagging.poll(broker.sessions.values(), now);
    const topics = topicsInUse(broker);
    const waiting = unmatchedSubscriptions(broker, topics);
    const undelivered = broker.undelivered.report(now, (topic) => broker.router.hasSubscribers(topic));
    return [
      ...(broker.unready === undefined ? [] : [problem("mqtt-disk-full", broker.unready)]),
      ...some(
        broker.refusals.since(refusalLasts),
        refusedTo,
        "mqtt-more-refused",
        "refusals by the access rules",
      ),
      ...some(undelivered, undeliveredTo, "mqtt-more-undelivered", "topics without a subscriber"),
      ...some(
        waiting,
        (client) => describeUnmatched(client, topics),
        "mqtt-more-unmatched",
        "subscriptions that wait",
      ),
      ...some(this.#lagging.silent(now), itself, "mqtt-more-silent", "clients that do not acknowledge"),
      ...some(this.#lagging.slow(now), itself, "mqtt-more-slow", "clients for whom messages were dropped"),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}

function undeliveredTo([name, count]: [topic: string, count: number]): Problem {
  const topic = printable(name, 200);
  const text = `${count} ${count === 1 ? "message" : "messages"} to ${topic} found no subscriber`;
  return problem("mqtt-undelivered", text, { count, topic });
}

function refusedTo({ who: name, action, topic: filter, count }: Refused): Problem {
  const [who, topic] = [printable(name, 60), printable(filter, 200)];
  const values = { who, topic, count };
  const times = count === 1 ? "" : ` ${count} times`;
  if (action === "subscribe")
    return problem("mqtt-refused-subscribe", `${who} was refused to subscribe to ${topic}${times}`, values);
  return problem("mqtt-refused-publish", `${who} was refused to publish to ${topic}${times}`, values);
}

const itself = (found: Problem): Problem => found;

/** Problems about the first of them, and how many others there are. */
function some<T>(
  items: readonly T[],
  describe: (item: T) => Problem,
  moreCode: string,
  others: string,
): Problem[] {
  const first = items.slice(0, maxOfAKind).map(describe);
  const count = items.length - first.length;
  return count > 0 ? [...first, problem(moreCode, `and ${count} more ${others}`, { count })] : first;
}
