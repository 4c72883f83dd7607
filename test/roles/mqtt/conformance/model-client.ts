import type { Packet, Publish, PublishAck, Version } from "../../../../src/protocol/mqtt/packet.ts";

/** A message that the client has sent and whose handshake is not complete. */
interface Unacknowledged {
  readonly publish: Publish;
  /** PUBREC was received: from now on PUBREL is sent again, not PUBLISH. */
  isReleased: boolean;
}

/** The topic aliases that it accepts: fewer than there are topics, so they are reassigned. */
const aliasMaximum = 2;

/**
 * The state of a conforming MQTT client with a session that outlives its connections, whatever carries its packets.
 * When a connection breaks, what was in transit is lost; this state is not.
 */
export abstract class ModelClient {
  /** `topic: payload` of each message delivered to the application, in order. */
  readonly delivered: string[] = [];
  /** Violations of the protocol by the broker: must stay empty. */
  readonly complaints: string[] = [];
  /** SUBACK was received. */
  isSubscribed = false;
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #waiting: Publish[] = [];
  readonly #received = new Set<number>();
  readonly #aliases = new Map<number, string>();
  #filter: string | undefined;
  #isAccepted = false;
  #hasSession = false;
  #lastId = 0;
  #quota: number;
  #maxReceived: number;

  constructor(
    readonly clientId: string,
    readonly version: Version,
    /** How many messages may be in flight at once in each direction. */
    public window: number,
  ) {
    this.#quota = window;
    this.#maxReceived = window;
  }

  abstract get isConnected(): boolean;

  /** No message waits for an acknowledgement. */
  get isIdle(): boolean {
    return this.#unacknowledged.size === 0 && this.#waiting.length === 0;
  }

  /** Subscribes on this connection, or on the next ones until one of them has brought the SUBACK. */
  subscribe(filter: string): void {
    this.#filter = filter;
    if (this.#isAccepted) this.#sendSubscribe(filter);
  }

  #sendSubscribe(filter: string): void {
    const { version } = this;
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    const subscriptions = [{ filter, qos: 2 as const, ...options }];
    this.send({ type: "subscribe", version, packetId: 65_000, subscriptions, properties: {} });
  }

  publish(topic: string, text: string, qos: 1 | 2): void {
    const { version } = this;
    const payload = new TextEncoder().encode(text);
    const flags = { dup: false, retain: false, properties: {} };
    this.#waiting.push({ type: "publish", version, topic, payload, qos, packetId: 0, ...flags });
    this.#sendWaiting();
  }

  protected abstract send(packet: Packet): void;

  /** A new connection: sends CONNECT, with another window if given, which only MQTT 5 can announce. */
  protected opened(window: number): void {
    if (this.version === 5) this.window = window;
    this.#maxReceived = Math.max(this.window, this.#received.size);
    this.#isAccepted = false;
    this.#aliases.clear();
    const { clientId, version } = this;
    const limits = { receiveMaximum: this.window, topicAliasMaximum: aliasMaximum };
    const properties = version === 5 ? { sessionExpiryInterval: 3600, ...limits } : {};
    this.send({ type: "connect", version, clientId, cleanStart: false, keepAlive: 0, properties });
  }

  protected handle(packet: Packet): void {
    switch (packet.type) {
      case "connack":
        return this.#connected(packet.reasonCode, packet.sessionPresent);
      case "publish":
        return this.#receive(packet);
      case "puback":
        return this.#acknowledged(packet.packetId, 1);
      case "pubcomp":
        return this.#acknowledged(packet.packetId, 2);
      case "pubrec":
        return this.#release(packet.packetId);
      case "pubrel":
        this.#received.delete(packet.packetId);
        return this.#answer("pubcomp", packet.packetId);
      case "suback":
        this.isSubscribed = true;
        return;
      default:
        this.complaints.push(`unexpected ${packet.type}: ${JSON.stringify(packet)}`);
    }
  }

  /** Sends unacknowledged messages again first, in order. */
  #connected(reasonCode: number, isPresent: boolean): void {
    if (reasonCode !== 0) this.complaints.push(`refused with ${reasonCode}`);
    // MQTT 3.1 has no such flag.
    const isLost = this.#hasSession && !isPresent && this.version !== 3;
    if (isLost) this.complaints.push("the session is lost");
    this.#hasSession = true;
    this.#isAccepted = true;
    if (this.#filter !== undefined && !this.isSubscribed) this.#sendSubscribe(this.#filter);
    this.#quota = this.window - this.#unacknowledged.size;
    for (const [id, { publish, isReleased }] of this.#unacknowledged) {
      if (isReleased) this.#answer("pubrel", id);
      else this.send({ ...publish, dup: true });
    }
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    while (this.#isAccepted && this.isConnected && this.#quota > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      do
        this.#lastId = (this.#lastId % 7) + 1; // few identifiers, used again soon
      while (this.#unacknowledged.has(this.#lastId));
      const publish = { ...next, packetId: this.#lastId };
      this.#quota--;
      this.#unacknowledged.set(this.#lastId, { publish, isReleased: false });
      this.send(publish);
    }
  }

  #receive(packet: Publish): void {
    const { qos, packetId = 0, payload, dup } = packet;
    const topic = this.#topicOf(packet);
    const isKnown = qos === 2 && this.#received.has(packetId);
    if (isKnown && !dup) this.complaints.push(`identifier ${packetId} is used again before PUBREL`);
    if (!isKnown) this.delivered.push(`${topic}: ${Buffer.from(payload)}`);
    if (qos === 1) this.#answer("puback", packetId);
    if (qos !== 2) return;
    this.#received.add(packetId);
    const { size } = this.#received;
    if (size > this.#maxReceived) this.complaints.push(`${size} messages in flight`); // [MQTT-3.3.4-9]
    this.#answer("pubrec", packetId);
  }

  /** Resolves the topic alias; aliases are those of this connection. [MQTT-3.3.2-7] */
  #topicOf({ topic, properties: { topicAlias } }: Publish): string {
    if (topicAlias === undefined) return topic;
    if (topicAlias > aliasMaximum) this.complaints.push(`the topic alias ${topicAlias} is above the maximum`);
    if (topic !== "") this.#aliases.set(topicAlias, topic);
    return this.#aliases.get(topicAlias) ?? `unknown alias ${topicAlias}`;
  }

  #release(packetId: number): void {
    const entry = this.#unacknowledged.get(packetId);
    if (entry === undefined) this.complaints.push(`PUBREC for ${packetId}, which is not in flight`);
    else entry.isReleased = true;
    this.#answer("pubrel", packetId);
  }

  #acknowledged(packetId: number, qos: 1 | 2): void {
    const entry = this.#unacknowledged.get(packetId);
    if (entry?.publish.qos !== qos) this.complaints.push(`an acknowledgement of ${packetId} at QoS ${qos}`);
    this.#unacknowledged.delete(packetId);
    this.#quota++;
    this.#sendWaiting();
  }

  #answer(type: PublishAck["type"], packetId: number): void {
    this.send({ type, version: this.version, packetId, reasonCode: 0, properties: {} });
  }
}
