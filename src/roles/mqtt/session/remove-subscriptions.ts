import type { Subscription } from "../routing/subscription.ts";
import type { SessionContext } from "./session-context.ts";

/** Subscriptions dropped before others get their turn: about a millisecond. */
const maxPerTurn = 1000;

/** Drops all subscriptions of a session that has ended, in slices when there are many. */
export function removeSubscriptions(
  subscriptions: Map<string, Subscription>,
  context: Pick<SessionContext, "clock" | "scheduler" | "router">,
): void {
  const { clock, scheduler, router } = context;
  const start = clock.now();
  let left = maxPerTurn;
  for (const subscription of subscriptions.values()) {
    if (left-- === 0) {
      scheduler.defer(() => removeSubscriptions(subscriptions, context));
      break;
    }
    subscriptions.delete(subscription.filter);
    router.unsubscribe(subscription);
  }
  scheduler.charge(clock.now() - start);
}
