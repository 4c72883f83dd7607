import type { Problem } from "../../../core/problem.ts";
import type { Action, View } from "../../../core/role.ts";
import type { Broker } from "../broker/broker.ts";
import { kickAction } from "./client-actions.ts";
import { Problems } from "./problems.ts";
import { publishAction } from "./publish-action.ts";
import { clearRetainedAction, deleteRetainedAction } from "./retained-actions.ts";
import { retainedView } from "./retained-view.ts";
import { SessionRates } from "./session-rates.ts";
import { sessionsView, subscriptionsView } from "./sessions-view.ts";
import { topView } from "./top-view.ts";
import { topicView } from "./topic-view.ts";
import { topicsView } from "./topics-view.ts";

/** What a broker shows of itself, and what it can be asked to do. */
export interface Insight {
  readonly views: Readonly<Record<string, View>>;
  readonly actions: Readonly<Record<string, Action>>;
  problems(): readonly Problem[];
  stop(): void;
}

export function openInsight(broker: Broker): Insight {
  const problems = new Problems(broker);
  const rates = new SessionRates(broker);
  const stopTicking = broker.clock.every(1000, () => {
    broker.statistics.tick();
    rates.tick();
  });
  return {
    views: {
      sessions: sessionsView(broker, rates),
      subscriptions: subscriptionsView(broker),
      topics: topicsView(broker),
      topic: topicView(broker),
      top: topView(broker, rates),
      retained: retainedView(broker),
    },
    actions: {
      publish: publishAction(broker),
      kick: kickAction(broker),
      "clear-retained": clearRetainedAction(broker),
      "delete-retained": deleteRetainedAction(broker),
    },
    problems: problems.report,
    stop: () => {
      stopTicking();
      problems.stop();
    },
  };
}
