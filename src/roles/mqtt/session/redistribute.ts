import type { SharedGroup } from "../routing/shared-subscription.ts";
import type { Subscription } from "../routing/subscribers.ts";
import type { Pending } from "./queue.ts";
import type { Session } from "./session.ts";

/** Calls with each group that the session is a member of. */
export function eachShare(
  session: Session,
  call: (group: SharedGroup, subscription: Subscription) => void,
): void {
  for (const subscription of session.subscriptions.values()) {
    const { share } = subscription;
    const group = share === undefined ? undefined : session.broker.routes.group(share);
    if (group !== undefined) call(group, subscription);
  }
}

/**
 * Hands messages of shared subscriptions on to other members, in their order. Not those at QoS 2 that have been
 * sent: nobody else may get them, come what may. [MQTT-4.8.2-4] [MQTT-4.8.2-5] What nobody can take stays.
 * @param withSent those at QoS 1 that have been sent, too
 * @returns how many stay
 */
export function passOn(session: Session, isChosen: (share: string) => boolean, withSent: boolean): number {
  if (!session.hasShared) return 0;
  const { routes, commits } = session.broker;
  const { outgoing, queue, journal } = session;
  const stuck = new Set<string>();
  let stay = 0;
  const isPassed = (pending: Pending): boolean => {
    const { share } = pending;
    if (share === undefined || !isChosen(share)) return false;
    // Later ones do not overtake one that stays.
    if (!stuck.has(share) && routes.group(share)?.pass(pending) === true) return true;
    stuck.add(share);
    stay++;
    return false;
  };
  commits.asOne(() => {
    if (withSent) for (const packetId of outgoing.takeOut(isPassed)) journal?.settled(packetId);
    for (const pending of queue.takeOut(isPassed)) journal?.dropped(pending);
  });
  return stay;
}

/**
 * A member has come, or is back. If it is the only one that is there, it gets what waits for the others, as far as it
 * has room: work is not to wait for somebody who may not come back.
 */
export function takeOverWork(group: SharedGroup, { share }: Subscription): void {
  if (group.present !== 1) return;
  for (const other of group.absent()) {
    if (passOn(other.session, (name) => name === share, true) > 0) return;
  }
}
