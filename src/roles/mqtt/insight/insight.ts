import type { Action, View } from "../../../core/role.ts";
import type { Broker } from "../broker/broker.ts";
import { Problems } from "./problems.ts";
import { publishAction } from "./publish-action.ts";
import { retainedView } from "./retained-view.ts";
import { sessionsView, subscriptionsView } from "./sessions-view.ts";
import { TopicsView } from "./topics-view.ts";

/** What a broker shows of itself, and what it can be asked to do. */
export interface Insight {
  readonly views: Readonly<Record<string, View>>;
  readonly actions: Readonly<Record<string, Action>>;
  problems(): readonly string[];
  stop(): void;
}

export function openInsight(broker: Broker): Insight {
  const topics = new TopicsView(broker);
  const problems = new Problems(broker);
  return {
    views: {
      sessions: sessionsView(broker),
      subscriptions: subscriptionsView(broker),
      topics: topics.view,
      retained: retainedView(broker),
    },
    actions: { publish: publishAction(broker) },
    problems: problems.report,
    stop: () => {
      topics.stop();
      problems.stop();
    },
  };
}
