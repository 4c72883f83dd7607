import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { isShared } from "../../../protocol/mqtt/topic.ts";
import type { Pending } from "../wire/message.ts";
import type { Publication } from "../wire/publication.ts";

/** What a client subscribes to, and how. */
export interface SubscriptionOptions {
  /** As the client wrote it, with `$share/group/` if it did. */
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** MQTT 5; 0 is none. */
  readonly identifier: number;
}

/** All that routing knows of a session. */
export interface Subscriber {
  readonly clientId: string;
  /** Its client is connected. */
  readonly isOnline: boolean;
  subscriptionTo(filter: string): Subscription | undefined;
  /** Asked for each topic that one of its narrowed subscriptions matches. */
  mayReceive(topic: string): boolean;
  /** Sends all messages, or queues what cannot be sent now; counts what is lost. */
  deliver(publication: Publication, target: Target): void;
  /** Sends messages from one index to another, as far as the client takes them now. @returns how many */
  offer(publication: Publication, target: Target, from: number, end: number): number;
  /** Queues messages from one index to another, as far as the limits go. @returns how many */
  enqueue(publication: Publication, target: Target, from: number, end: number): number;
  /** Sends one message that was kept. @returns false when the client cannot take it now */
  offerPending(pending: Pending): boolean;
  /** Queues one message that was kept. @returns false when a limit is reached */
  enqueuePending(pending: Pending): boolean;
  /** Hands what it has of these shared subscriptions to other members. @returns those of which something stays */
  handOver(shares: ReadonlySet<string>): Iterable<string>;
}

/** How one subscriber gets the messages of one topic: its matching subscriptions, merged. [MQTT-3.3.4-2] */
export interface Target {
  readonly subscriber: Subscriber;
  /** The highest of the matching subscriptions. */
  readonly qos: Qos;
  /** Every matching subscription excludes the client's own messages. */
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** Of all that match. [MQTT-3.3.4-3] [MQTT-3.3.4-4] */
  readonly subscriptionIds: readonly number[] | undefined;
  /** The filter of a shared subscription: what this subscriber cannot take may go to another one. */
  readonly share: string | undefined;
}

/** One client's subscription; alone it is a target as it stands. */
export class Subscription implements Target, SubscriptionOptions {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  readonly share: string | undefined;
  /** Its index in the list that holds it, so that it is removed in one step, however long the list is. */
  index = 0;

  constructor(
    readonly subscriber: Subscriber,
    { filter, qos, noLocal, retainAsPublished, identifier }: SubscriptionOptions,
    /** The subscriber may not receive all that the filter matches. */
    readonly isNarrowed = false,
  ) {
    this.filter = filter;
    this.qos = qos;
    this.noLocal = noLocal;
    this.retainAsPublished = retainAsPublished;
    this.subscriptionIds = identifier === 0 ? undefined : [identifier];
    this.share = isShared(filter) ? filter : undefined;
  }

  get identifier(): number {
    return this.subscriptionIds?.[0] ?? 0;
  }
}
