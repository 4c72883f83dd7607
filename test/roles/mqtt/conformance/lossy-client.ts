import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Packet, Publish, PublishAck, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { acceptClient } from "../../../../src/roles/mqtt/client/accept.ts";
import type { Connection } from "../../../../src/roles/mqtt/client/connection.ts";
import type { Peer } from "../../../../src/roles/mqtt/wire/link.ts";
import type { TestBroker } from "../support/test-broker.ts";

/** A message that the client has sent and whose handshake is not complete. */
interface Unacknowledged {
  readonly publish: Publish;
  /** PUBREC was received: from now on PUBREL is sent again, not PUBLISH. */
  isReleased: boolean;
}

const noBytes = Buffer.alloc(0);

/** The topic aliases that it accepts: fewer than there are topics, so they are reassigned. */
const aliasMaximum = 2;

/**
 * A conforming MQTT client on a simulated connection that carries as many bytes as the test asks for, and can break
 * between any two of them. Bytes in transit are lost then; the client's state is not.
 */
export class LossyClient {
  /** `topic: payload` of each message delivered to the application, in order. */
  readonly delivered: string[] = [];
  /** Violations of the protocol by the broker: must stay empty. */
  readonly complaints: string[] = [];
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #waiting: Publish[] = [];
  readonly #received = new Set<number>();
  readonly #aliases = new Map<number, string>();
  #up: Buffer = noBytes;
  #down: Buffer = noBytes;
  #parsed: Buffer = noBytes;
  #connection: Connection | undefined;
  #isAccepted = false;
  #isPaused = false;
  #hasSession = false;
  #lastId = 0;
  #generation = 0;
  #quota: number;
  #maxReceived: number;

  constructor(
    /** Replaced when the broker has crashed and restarted. */
    public test: TestBroker,
    readonly clientId: string,
    readonly version: Version,
    /** How many messages may be in flight at once in each direction. */
    public window: number,
  ) {
    this.#quota = window;
    this.#maxReceived = window;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** No byte is in transit, and no message waits for an acknowledgement. */
  get isQuiet(): boolean {
    const isIdle = this.#unacknowledged.size === 0 && this.#waiting.length === 0;
    return isIdle && this.#up.length === 0 && this.#down.length === 0;
  }

  /** Connects, with another window if given; before MQTT 5 it stays the same, because CONNECT cannot announce it. */
  connect(window = this.window): void {
    if (this.version === 5) this.window = window;
    this.#maxReceived = Math.max(this.window, this.#received.size);
    const generation = ++this.#generation;
    const peer: Peer = {
      conversation: { id: "c", service: "mqtt", transport: "tcp", local: "here:1", remote: "there:1" },
      write: (bytes) => {
        // What the broker still writes to a broken connection is lost.
        if (generation === this.#generation) this.#down = Buffer.concat([this.#down, bytes]);
      },
      buffered: 0,
      pause: () => {
        if (generation === this.#generation) this.#isPaused = true;
      },
      resume: () => {
        if (generation === this.#generation) this.#isPaused = false;
      },
      end: () => {},
      destroy: () => {},
    };
    // Bytes in transit count as the broker's unsent output.
    Object.defineProperty(peer, "buffered", {
      get: () => (generation === this.#generation ? this.#down.length : 0),
    });
    this.#isPaused = false;
    this.#connection = acceptClient(this.test.broker, peer);
    this.#isAccepted = false;
    const { clientId, version } = this;
    this.#aliases.clear();
    const limits = { receiveMaximum: this.window, topicAliasMaximum: aliasMaximum };
    const properties = version === 5 ? { sessionExpiryInterval: 3600, ...limits } : {};
    this.#send({ type: "connect", version, clientId, cleanStart: false, keepAlive: 0, properties });
  }

  /** The connection breaks. A broker that does not notice finds out at this client's next CONNECT. */
  cut(isNoticed: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#generation++;
    this.#up = this.#down = this.#parsed = noBytes;
    if (isNoticed) connection?.closed();
    this.test.clock.settle();
  }

  subscribe(filter: string): void {
    const { version } = this;
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    const subscriptions = [{ filter, qos: 2 as const, ...options }];
    this.#send({ type: "subscribe", version, packetId: 65_000, subscriptions, properties: {} });
  }

  publish(topic: string, text: string, qos: 1 | 2): void {
    const { version } = this;
    const payload = new TextEncoder().encode(text);
    const flags = { dup: false, retain: false, properties: {} };
    this.#waiting.push({ type: "publish", version, topic, payload, qos, packetId: 0, ...flags });
    this.#sendWaiting();
  }

  /** Carries up to so many bytes to the broker, unless it has paused reading. @returns how many */
  carryUp(limit: number): number {
    if (this.#isPaused) return 0;
    const connection = this.#connection;
    const bytes = this.#up.subarray(0, limit);
    this.#up = this.#up.subarray(bytes.length);
    if (connection !== undefined && bytes.length > 0) connection.feed(new Uint8Array(bytes));
    this.test.clock.settle();
    return bytes.length;
  }

  /** Carries up to so many bytes to the client. @returns how many */
  carryDown(limit: number): number {
    const bytes = this.#down.subarray(0, limit);
    this.#down = this.#down.subarray(bytes.length);
    this.#parsed = Buffer.concat([this.#parsed, bytes]);
    const frame = new Frame();
    while (frame.read(this.#parsed, 0, this.#parsed.length) && frame.end <= this.#parsed.length) {
      const packet = decode(this.#parsed, this.version, 0, frame.end);
      this.#parsed = this.#parsed.subarray(frame.end);
      this.#handle(packet);
    }
    if (bytes.length > 0 && this.#down.length === 0) this.#connection?.drained();
    this.test.clock.settle();
    return bytes.length;
  }

  #send(packet: Packet): void {
    this.#up = Buffer.concat([this.#up, encode(packet)]);
  }

  #handle(packet: Packet): void {
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
    this.#quota = this.window - this.#unacknowledged.size;
    for (const [id, { publish, isReleased }] of this.#unacknowledged) {
      if (isReleased) this.#answer("pubrel", id);
      else this.#send({ ...publish, dup: true });
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
      this.#send(publish);
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
    this.#send({ type, version: this.version, packetId, reasonCode: 0, properties: {} });
  }
}
