import type { Conversation } from "../conversation/conversation.ts";
import type { Publication } from "../conversation/dissector.ts";
import type { FindingList } from "../conversation/finding.ts";
import type { Place } from "../conversation/place.ts";
import { printable } from "../text/printable.ts";

/** A client's will. */
export interface Will {
  readonly client: string;
  readonly conversation: Conversation;
  readonly topic: string;
  readonly payload: Buffer;
  readonly connect: Place;
  /** The client's, with a reason that leaves the will. */
  disconnect: { readonly packet: number; readonly reason: string } | undefined;
  /** CONNACK has accepted the client. */
  isAccepted: boolean;
  /** Somebody else may be the reason of a PUBLISH like it. */
  isDoubtful: boolean;
  /** The first PUBLISH of it to a subscriber after such a DISCONNECT, or the end of its client's connection. */
  published: { readonly packet: number; readonly subscriber: number } | undefined;
}

/** Bytes of topic and payload that are kept of a will; of longer ones nothing is told. */
const maxBytes = 1024;
const maxOfTopic = 100;
/** Wills that are followed in all: memory is bounded, however many clients a capture has. */
const maxWills = 20_000;

/** The wills of a broker's clients, and which of them it has published, as far as its packets show it. */
export class Wills {
  readonly #byTopic = new Map<string, Will[]>();
  #count = 0;

  /** @returns undefined where it is not followed */
  add(client: string, conversation: Conversation, will: Publication, connect: Place): Will | undefined {
    const { topic, payload } = will;
    if (payload === undefined || topic.length + payload.length > maxBytes) return undefined;
    const ofTopic = this.#byTopic.get(topic) ?? [];
    if (ofTopic.length === maxOfTopic || this.#count === maxWills) {
      // What it says may come of the one that is not followed.
      this.sent({ ...will, payload });
      return undefined;
    }
    const added: Will = {
      ...{ client, conversation, topic, connect },
      payload: Buffer.from(payload),
      disconnect: undefined,
      isAccepted: false,
      isDoubtful: false,
      published: undefined,
    };
    this.#count++;
    ofTopic.push(added);
    this.#byTopic.set(topic, ofTopic);
    return added;
  }

  /** The client has sent a plain DISCONNECT: whoever publishes the same now does it for another reason. */
  withdraw(will: Will): void {
    const ofTopic = this.#byTopic.get(will.topic) ?? [];
    const left = ofTopic.filter((other) => other !== will);
    this.#count -= ofTopic.length - left.length;
    if (left.length === 0) this.#byTopic.delete(will.topic);
    else this.#byTopic.set(will.topic, left);
  }

  /** A client publishes: what a will says may come from there. */
  sent({ topic, payload }: Publication): void {
    for (const will of this.#byTopic.get(topic) ?? [])
      if (will.published === undefined && (payload === undefined || will.payload.equals(payload)))
        will.isDoubtful = true;
  }

  /** The broker publishes to a subscriber. */
  delivered({ topic, payload }: Publication, subscriber: Conversation, { packet }: Place): void {
    if (payload === undefined) return;
    const wills = this.#byTopic.get(topic)?.filter((will) => isOver(will, payload)) ?? [];
    for (const will of wills) {
      if (will.published !== undefined) continue;
      // Of several clients that are gone nobody can tell whose it is, nor whether it is another copy of one that has come.
      if (wills.length > 1) will.isDoubtful = true;
      else will.published = { packet, subscriber: subscriber.number };
    }
  }

  /** The capture is over. */
  end(findings: FindingList): void {
    for (const will of [...this.#byTopic.values()].flat()) tell(will, findings);
  }
}

const isOver = ({ conversation, disconnect, payload }: Will, other: Uint8Array): boolean =>
  (disconnect ?? conversation.over) !== undefined && payload.equals(other);

function tell(will: Will, findings: FindingList): void {
  const { conversation, topic, client, connect, disconnect, published, isAccepted, isDoubtful } = will;
  const over = disconnect ?? conversation.over;
  if (published === undefined || over === undefined || !isAccepted || isDoubtful) return;
  // A DISCONNECT may be among what is not in the capture.
  if (conversation.hasGaps || conversation.isUnreadable) return;
  conversation.publishedWill = {
    topic: printable(topic, 60),
    connect: connect.packet,
    end: over.packet,
    ...(disconnect && { reason: disconnect.reason }),
    publish: published.packet,
    subscriber: published.subscriber,
  };
  const values = { client, ...conversation.publishedWill };
  findings.add("will-published", conversation.number, { packet: published.packet }, values);
}
