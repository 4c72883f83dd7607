import type { Router } from "../routing/router.ts";
import type { Subscriber } from "../routing/subscription.ts";
import type { CommitGate } from "../wire/commit-gate.ts";
import type { Pending } from "../wire/message.ts";
import type { OutgoingMessages } from "./outgoing-messages.ts";
import type { SessionContext } from "./session-context.ts";

interface RedistributeContext {
  readonly router: Pick<Router, "group">;
  readonly gate: CommitGate;
}

/** Nothing stays. */
const nothing: ReadonlyMap<string, number> = new Map();

/**
 * Hands messages of shared subscriptions to other members, in their order. Not those at QoS 2 that have been sent:
 * nobody else may get them. [MQTT-4.8.2-4] [MQTT-4.8.2-5] What nobody can take stays.
 * @param withSent those at QoS 1 that have been sent, too
 * @returns how many stay, by their shared subscription
 */
export function redistribute(
  giver: Subscriber,
  { queue, sender }: OutgoingMessages,
  { router, gate }: RedistributeContext,
  isChosen: (share: string, topic: string) => boolean,
  withSent: boolean,
): ReadonlyMap<string, number> {
  if (!sender.hasShared) return nothing;
  const staying = new Map<string, number>();
  const isTaken = (pending: Pending): boolean => {
    const { share } = pending;
    if (share === undefined || !isChosen(share, pending.message.topic.text)) return false;
    const before = staying.get(share);
    // Later ones do not overtake one that stays.
    if (before === undefined && router.group(share)?.redistribute(pending, giver) === true) return true;
    staying.set(share, (before ?? 0) + 1);
    return false;
  };
  gate.transaction(() => {
    if (withSent) for (const packetId of sender.inflight.remove(isTaken)) sender.journal?.completed(packetId);
    for (const pending of queue.remove(isTaken)) sender.journal?.dequeued(pending);
  });
  return staying;
}

/** How long messages are taken over before others get their turn, in milliseconds. */
const sliceTime = 2;

/**
 * A member of these shared subscriptions has come, or is back. Where it is the only one online, it gets what waits for
 * the others, as far as it can take that: work is not to wait for a client that may not come back. The queue of each
 * other member is gone through once, however many subscriptions they share; in slices, because it may be long.
 */
export function takeOver(shares: Iterable<string>, context: SessionContext): void {
  const chosen = new Set<string>();
  const offline = new Set<Subscriber>();
  for (const share of shares) {
    const group = context.router.group(share);
    if (group?.online !== 1) continue;
    chosen.add(share);
    for (const { subscriber } of group.offline()) offline.add(subscriber);
  }
  takeOverFrom(offline, chosen, context);
}

function takeOverFrom(offline: Set<Subscriber>, chosen: Set<string>, context: SessionContext): void {
  const { clock, scheduler } = context;
  const start = clock.now();
  for (const subscriber of offline) {
    if (chosen.size === 0) break;
    offline.delete(subscriber);
    // It may be back by now, and sends what it has itself.
    if (subscriber.isOnline) continue;
    for (const share of subscriber.handOver(chosen)) chosen.delete(share);
    if (clock.now() - start < sliceTime) continue;
    scheduler.defer(() => takeOverFrom(offline, chosen, context));
    break;
  }
  scheduler.charge(clock.now() - start);
}
