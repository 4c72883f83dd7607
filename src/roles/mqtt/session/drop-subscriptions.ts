import type { Subscription } from "../routing/subscribers.ts";
import type { Session } from "./session.ts";

/** Subscriptions forgotten before others get their turn: about a millisecond. */
const perTurn = 1000;

export function forget({ subscriptions, broker }: Session, subscription: Subscription): void {
  subscriptions.delete(subscription.filter);
  broker.routes.remove(subscription);
}

/** Forgets all subscriptions of a session that is over, in pieces when there are many. */
export function forgetAll(session: Session): void {
  const { clock, turns } = session.broker;
  const start = clock.now();
  let left = perTurn;
  for (const subscription of session.subscriptions.values()) {
    if (left-- === 0) {
      turns.later(() => forgetAll(session));
      break;
    }
    forget(session, subscription);
  }
  turns.spend(clock.now() - start);
}
