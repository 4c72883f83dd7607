import { lowerQos, type Qos } from "../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import type { Connection } from "../client/connection.ts";
import type { Route } from "../routing/router.ts";
import type { Dealer } from "../routing/shared-subscription.ts";
import type { Subscription, Target } from "../routing/subscribers.ts";
import type { Session } from "../session/session.ts";
import type { Parcel } from "../wire/large-packet.ts";
import { Message } from "../wire/message.ts";
import { Run } from "../wire/publish-run.ts";
import { Packets, type Region } from "../wire/publish-variants.ts";
import { highestAliasedQos } from "../wire/topic-aliases.ts";
import { tellPublish } from "../wire/trace.ts";
import type { Broker } from "./broker.ts";
import type { Uplink } from "./bus-link.ts";

/**
 * Messages on their way: one, or several that came in a row, to the same topic, of the same size and QoS. Such a
 * run goes to each subscriber as one copy, and a subscriber like the publisher gets the very bytes that came in.
 * Measured from one publisher to one subscriber, 64-byte payloads at QoS 0: this is what makes the difference
 * between one call per message and one per chunk.
 *
 * The bytes are the network's: a batch is delivered before its chunk is given back.
 */
export class Batch implements Dealer {
  readonly #broker: Broker;
  readonly #uplink: Pick<Uplink, "wants" | "publish"> | undefined;
  readonly #run = new Run();
  readonly #packets = new Packets(this.#run);
  #messages: (Message | undefined)[] = [];
  #parcel: Parcel | undefined;
  #route: Route | undefined;
  #publisher: Session | undefined;

  /** @param uplink to other nodes; undefined: the messages come from there */
  constructor(broker: Broker, uplink: Pick<Uplink, "wants" | "publish"> | undefined) {
    this.#broker = broker;
    this.#uplink = uplink;
  }

  /** How many messages there are. */
  get count(): number {
    return this.#run.count;
  }

  /**
   * Adds the message that `view` has read from `bytes`; what is there already and does not go with it is
   * delivered first.
   */
  add(view: PublishView, bytes: Buffer, route: Route, publisher: Session | undefined, v5: boolean): void {
    const run = this.#run;
    if (this.#route === route && this.#publisher === publisher && run.goesOn(view, bytes)) {
      run.add(view);
      return;
    }
    this.deliver();
    run.begin(view, bytes, v5);
    this.#route = route;
    this.#publisher = publisher;
  }

  /** Delivers what is there, whose packet is the parcel. */
  deliverParcel(parcel: Parcel): void {
    this.#parcel = parcel;
    try {
      this.deliver();
    } finally {
      this.#parcel = undefined;
    }
  }

  /** Hands the messages to everybody who subscribed. */
  deliver(): void {
    const route = this.#route;
    if (this.count === 0 || route === undefined) return;
    try {
      if ((this.#run.first & 1) === 1) this.#broker.retained.keep(this.message(0));
      this.#broker.watch?.note(route.text, this.#run);
      this.#deliverToAll(route);
      if (this.#uplink !== undefined) this.#passUp(this.#uplink, route);
    } finally {
      this.#clear();
    }
  }

  #deliverToAll(route: Route): void {
    const { main, others, skip, groups } = this.#broker.routes.targets(route);
    const { subscriptions } = main;
    if (subscriptions.length === 0 && groups.length === 0) this.#missEverybody(route);
    main.readers++;
    try {
      for (let index = 0; index < subscriptions.length; index++) {
        const target = subscriptions[index]!;
        if (skip === undefined || !skip.has(target.session)) this.#deliverTo(target);
      }
    } finally {
      main.readers--;
    }
    for (let index = 0; index < others.length; index++) this.#deliverTo(others[index]!);
    for (let index = 0; index < groups.length; index++) groups[index]!.deal(this);
  }

  /** The same bytes for all other nodes, as a subscriber would get them who wants all there is to know. */
  #passUp(uplink: Pick<Uplink, "wants" | "publish">, { text, bytes }: Route): void {
    const { first, count } = this.#run;
    const retain = first & 1;
    if (!uplink.wants(text, retain === 1)) return;
    const qos = this.#qos;
    const region = this.#packets.of(bytes, true, qos, retain, undefined, 0);
    // Zero would be no identifier; which one it is means nothing there.
    for (let index = 0; qos > 0 && index < count; index++) region.setId(index, 1);
    uplink.publish(text, region.bytes.subarray(region.start, region.start + region.stride * count));
  }

  // What is retained waits for whoever comes; the broker's own demo topics need no audience.
  #missEverybody(route: Route): void {
    if (this.#publisher === undefined || (this.#run.first & 1) === 1) return;
    if (this.#uplink?.wants(route.text, false)) return;
    this.#broker.unheard.note(route, this.count);
  }

  #clear(): void {
    this.#run.clear();
    this.#packets.clear();
    this.#route = undefined;
    if (this.#messages.length > 0) this.#messages = [];
  }

  #deliverTo(target: Target): void {
    const { session } = target;
    if (target.noLocal && session === this.#publisher) return; // [MQTT-3.8.3-3]
    const qos = this.#qosFor(target);
    if (qos > 0) target.session.deliver(this, target, qos, this.#retainFor(target));
    else if (session.connection !== undefined) this.#deliverAtMostOnce(session.connection, target);
  }

  // [MQTT-3.8.4-8] [MQTT-4.8.2-3]
  #qosFor(target: Target): Qos {
    return lowerQos(this.#qos, target.qos);
  }

  get #qos(): Qos {
    const bits = (this.#run.first >> 1) & 3;
    return bits === 1 ? 1 : bits === 2 ? 2 : 0;
  }

  // Without retain as published the flag says only that a message is old. [MQTT-3.3.1-9] [MQTT-3.3.1-12]
  #retainFor(target: Target): boolean {
    return target.retainAsPublished && (this.#run.first & 1) === 1;
  }

  #deliverAtMostOnce(connection: Connection, target: Target): void {
    const { counters } = this.#broker;
    if (!connection.hasRoom) target.session.lose("slow", this.count);
    else if (!this.write(connection, target, 0, this.#retainFor(target), 0, this.count)) {
      counters.drop("too_large", this.count); // [MQTT-3.1.2-25]
    }
  }

  offer(member: Subscription, from: number, to: number): number {
    const { session } = member;
    const qos = this.#qosFor(member);
    const retain = this.#retainFor(member);
    if (qos > 0) return session.offer(this, member, qos, retain, from, to);
    const { connection } = session;
    if (connection?.hasRoom !== true) return 0;
    return this.write(connection, member, 0, retain, from, to) ? to - from : 0;
  }

  queue(member: Subscription, from: number, to: number): number {
    const qos = this.#qosFor(member);
    return qos === 0 ? 0 : member.session.queueUp(this, member, qos, this.#retainFor(member), from, to);
  }

  drop(count: number): void {
    this.#broker.counters.drop((this.#run.first & 6) === 0 ? "slow" : "queue_full", count);
  }

  /**
   * Writes messages from one place in the batch to another to a client that has room for them.
   * @returns false when they are larger than the client takes
   */
  write(
    connection: Connection,
    target: Target,
    qos: Qos,
    retain: boolean,
    from: number,
    to: number,
  ): boolean {
    if (this.#parcel !== undefined) return this.#forward(this.#parcel, connection, target, qos, retain);
    let next = from;
    let alias = 0;
    if (connection.topics !== undefined && qos <= highestAliasedQos) {
      alias = connection.topics.of(this.#topic().text);
      if (alias === 0) alias = this.#introduce(connection, target, qos, retain, from);
      if (alias < 0) {
        alias = -alias;
        next++;
      }
    }
    if (next < to) {
      const { bytes } = this.#topic();
      const region = this.#packets.of(
        bytes,
        connection.isV5,
        qos,
        retain ? 1 : 0,
        target.subscriptionIds,
        alias,
      );
      if (region.stride > connection.maxPacketSize) return false;
      for (let index = next; qos > 0 && index < to; index++) {
        region.setId(index, target.session.launch(this, target, qos, retain, index));
      }
      const start = region.start + next * region.stride;
      connection.output.copy(region.bytes, start, start + region.stride * (to - next));
      this.#trace(connection, region, qos, retain, next, to);
    }
    this.#broker.counters.sent += to - from;
    return true;
  }

  /** Writes the one message there is, which is a parcel: its payload goes out from where it lies. */
  #forward(parcel: Parcel, connection: Connection, target: Target, qos: Qos, retain: boolean): boolean {
    const { session, subscriptionIds, share } = target;
    const pending = { message: this.#message(0), qos, retain, subscriptionIds, share };
    if (!connection.fits(pending)) return false;
    const packetId = qos === 0 ? 0 : session.launch(this, target, qos, retain, 0);
    connection.sendMessage(pending, packetId, false, parcel);
    return true;
  }

  /**
   * Gives the topic an alias, if there is one for it, and writes one message that tells the client so.
   * @returns the alias, negative; 0: nothing was written, and the topic has none
   */
  #introduce(connection: Connection, target: Target, qos: Qos, retain: boolean, index: number): number {
    const { topics } = connection;
    const alias = topics?.free(this.#topic()) ?? 0;
    if (topics === undefined || alias === 0) return 0;
    const { bytes, text } = this.#topic();
    const { subscriptionIds } = target;
    const region = this.#packets.introduction(bytes, index, qos, retain ? 1 : 0, subscriptionIds, alias);
    if (region.stride > connection.maxPacketSize) return 0;
    topics.give(alias, text);
    if (qos > 0) region.setId(0, target.session.launch(this, target, qos, retain, index));
    connection.output.copy(region.bytes, region.start, region.start + region.stride);
    this.#trace(connection, region, qos, retain, 0, 1);
    return -alias;
  }

  /** Counts the bytes of messages that went out, and tells whoever observes of them. */
  #trace(connection: Connection, region: Region, qos: Qos, retain: boolean, from: number, to: number): void {
    const { traffic, counters } = this.#broker;
    const { payloadLength } = this.#run;
    counters.payloadOut += (to - from) * payloadLength;
    for (let index = from; index < to; index++) {
      if (!traffic.wants("message")) continue;
      const packet = region.at(index);
      const packetId = qos === 0 ? 0 : packet.readUInt16BE(region.idOffset);
      const payload = packet.subarray(packet.length - payloadLength);
      const facts = { topic: this.#topic().text, qos, retain, dup: false, packetId, payload };
      tellPublish(connection, "out", facts, packet);
    }
  }

  /** The message with this place in the batch, to be kept; made once however many keep it. */
  message(index: number): Message {
    this.#parcel?.keep();
    return this.#message(index);
  }

  #message(index: number): Message {
    const known = this.#messages[index];
    if (known !== undefined) return known;
    const isLasting = this.#parcel !== undefined;
    const message = new Message(this.#topic().name, this.#run.at(index), this.#broker.clock.now(), isLasting);
    this.#messages[index] = message;
    return message;
  }

  #topic(): Route {
    if (this.#route === undefined) throw new Error("the batch is empty");
    return this.#route;
  }
}
