import type { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import type { Bus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Retained } from "../routing/retained.ts";
import type { Router } from "../routing/router.ts";
import type { TopicRoute } from "../routing/topic-route.ts";
import type { TopicStatistics } from "../routing/topic-statistics.ts";
import type { UndeliveredTopics } from "../routing/undelivered-topics.ts";
import { Session } from "../session/session.ts";
import type { LargePacket } from "../wire/large-packet.ts";
import { noGroup } from "../wire/message.ts";
import { Publication } from "../wire/publication.ts";

export interface PublisherContext {
  readonly clock: Clock;
  readonly router: Router;
  readonly retained: Retained;
  readonly undelivered: UndeliveredTopics;
  readonly statistics: TopicStatistics;
}

/** The other nodes. */
type Peers = Pick<Bus, "wants" | "publish">;

/**
 * Publishes messages: gathers those that go together into one publication, and hands it to the retained messages, the
 * router and the other nodes.
 */
export class Publisher {
  readonly #context: PublisherContext;
  readonly #peers: Peers | undefined;
  readonly #publication: Publication;
  #topic: TopicRoute | undefined;

  /** @param peers undefined: the messages come from another node, and go no further */
  constructor(context: PublisherContext, peers: Peers | undefined) {
    this.#context = context;
    this.#peers = peers;
    this.#publication = new Publication(context.clock.now);
  }

  /** Nothing is being published. */
  get isIdle(): boolean {
    return this.#publication.count === 0;
  }

  /**
   * Adds the message that `view` has read from `bytes`; what is there and does not go with it is published first.
   * @param origin the session whose message it is; undefined: the broker's own, or another node's
   * @param group what `Traffic.begin` said of it
   */
  add(
    view: PublishView,
    bytes: Buffer,
    topic: TopicRoute,
    origin: object | undefined,
    v5: boolean,
    group = noGroup,
  ): void {
    const publication = this.#publication;
    if (publication.append(view, bytes, topic, origin, v5, group)) {
      this.#topic = topic;
      return;
    }
    this.flush();
    publication.append(view, bytes, topic, origin, v5, group);
    this.#topic = topic;
  }

  /**
   * Adds the packets behind the last one that differ from it in nothing but their payload; see `PublishRun.extend`.
   * @returns how many bytes they have
   */
  extend(limit: number): number {
    const { run } = this.#publication;
    return run.extend(limit) * run.stride;
  }

  /** Publishes the one message that is there, whose packet this is. */
  flushLarge(packet: LargePacket): void {
    if (!this.isIdle) this.#publication.setLarge(packet);
    this.flush();
  }

  /** Publishes what is there. */
  flush(): void {
    const topic = this.#topic;
    if (this.isIdle || topic === undefined) return;
    const publication = this.#publication;
    const { retained, router } = this.#context;
    try {
      if (publication.retain) retained.keep(publication.message(0), ownerOf(publication.origin));
      this.#count(topic);
      if (!router.publish(topic, publication)) this.#noteUndelivered(topic);
      if (this.#peers !== undefined) this.#publishToPeers(this.#peers, topic);
    } finally {
      this.#topic = undefined;
      publication.clear();
    }
  }

  #count(topic: TopicRoute): void {
    const { origin, run } = this.#publication;
    const client = origin instanceof Session ? origin.traffic : undefined;
    client?.add(run);
    this.#context.statistics.record(topic, run, client);
  }

  // What is retained is for whoever subscribes later; the broker's own messages need no subscriber.
  #noteUndelivered(topic: TopicRoute): void {
    const { origin, retain, count } = this.#publication;
    if (origin === undefined || retain || this.#peers?.wants(topic.text, false)) return;
    this.#context.undelivered.record(topic, count);
  }

  /** The same bytes for all other nodes, as a subscriber of MQTT 5 with retain as published would get them. */
  #publishToPeers(peers: Peers, { text }: TopicRoute): void {
    const { count, qos, retain } = this.#publication;
    if (!peers.wants(text, retain)) return;
    const encoded = this.#publication.encoded(true, qos, retain, undefined, 0);
    // The identifier means nothing there, but 0 is not allowed.
    for (let index = 0; qos > 0 && index < count; index++) encoded.setId(index, 1);
    const { bytes, start, stride } = encoded;
    peers.publish(text, bytes.subarray(start, start + stride * count));
  }
}

/** Whose message it is: the user's, or else the client's. */
const ownerOf = (origin: object | undefined): string | undefined =>
  origin instanceof Session ? (origin.owner ?? origin.clientId) : undefined;
