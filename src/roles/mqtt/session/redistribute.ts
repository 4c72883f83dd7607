import type { Router } from "../routing/router.ts";
import type { CommitGate } from "../wire/commit-gate.ts";
import type { Pending } from "../wire/message.ts";
import type { OutgoingMessages } from "./outgoing-messages.ts";

interface Dependencies {
  readonly router: Pick<Router, "group">;
  readonly gate: CommitGate;
}

/**
 * Hands messages of shared subscriptions to other members, in their order. Not those at QoS 2 that have been sent:
 * nobody else may get them. [MQTT-4.8.2-4] [MQTT-4.8.2-5] What nobody can take stays.
 * @param withSent those at QoS 1 that have been sent, too
 * @returns how many stay
 */
export function redistribute(
  { queue, sender }: OutgoingMessages,
  { router, gate }: Dependencies,
  isChosen: (share: string) => boolean,
  withSent: boolean,
): number {
  if (!sender.hasShared) return 0;
  const stuck = new Set<string>();
  let staying = 0;
  const isTaken = (pending: Pending): boolean => {
    const { share } = pending;
    if (share === undefined || !isChosen(share)) return false;
    // Later ones do not overtake one that stays.
    if (!stuck.has(share) && router.group(share)?.redistribute(pending) === true) return true;
    stuck.add(share);
    staying++;
    return false;
  };
  gate.transaction(() => {
    if (withSent) for (const packetId of sender.inflight.remove(isTaken)) sender.journal?.completed(packetId);
    for (const pending of queue.remove(isTaken)) sender.journal?.dequeued(pending);
  });
  return staying;
}
