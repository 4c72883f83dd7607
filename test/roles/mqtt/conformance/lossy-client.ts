import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Packet, Publish, PublishAck, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { acceptClient } from "../../../../src/roles/mqtt/client/accept.ts";
import type { Connection } from "../../../../src/roles/mqtt/client/connection.ts";
import type { Peer } from "../../../../src/roles/mqtt/wire/link.ts";
import type { TestBroker } from "../support/test-broker.ts";

/** What the client has sent and not seen acknowledged to the end. */
interface Unacknowledged {
  readonly publish: Publish;
  /** PUBREC has come: from now on PUBREL is what is sent again. */
  isReleased: boolean;
}

const noBytes = Buffer.alloc(0);

/** Topic aliases that it takes: fewer than there are topics, so they change hands. */
const aliasMaximum = 2;

/**
 * An MQTT client as the specification wants it, on a wire that carries as many bytes as it is told to, and can be
 * cut between any two of them. What is on the wire then is lost; what the client knows is not.
 */
export class LossyClient {
  /** `topic: payload` of what the application got, in its order. */
  readonly heard: string[] = [];
  /** What breaks a rule: must stay empty. */
  readonly complaints: string[] = [];
  readonly #unacknowledged = new Map<number, Unacknowledged>();
  readonly #waiting: Publish[] = [];
  readonly #received = new Set<number>();
  readonly #aliases = new Map<number, string>();
  #up: Buffer = noBytes;
  #down: Buffer = noBytes;
  #parsed: Buffer = noBytes;
  #connection: Connection | undefined;
  #isWelcome = false;
  #isPaused = false;
  #hasSession = false;
  #lastId = 0;
  #life = 0;
  #quota: number;
  #mostReceived: number;

  constructor(
    /** Another one when the broker has crashed and is there again. */
    public test: TestBroker,
    readonly clientId: string,
    readonly version: Version,
    /** How many messages it has in flight at once, and how many it takes. */
    public window: number,
  ) {
    this.#quota = window;
    this.#mostReceived = window;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** Nothing is on the wire, and nothing waits for an acknowledgement. */
  get isQuiet(): boolean {
    const isIdle = this.#unacknowledged.size === 0 && this.#waiting.length === 0;
    return isIdle && this.#up.length === 0 && this.#down.length === 0;
  }

  /** Connects, with another window than before if it is told to; MQTT 5 alone can tell the broker. */
  connect(window = this.window): void {
    if (this.version === 5) this.window = window;
    this.#mostReceived = Math.max(this.window, this.#received.size);
    const life = ++this.#life;
    const peer: Peer = {
      conversation: { id: "c", service: "mqtt", transport: "tcp", local: "here:1", remote: "there:1" },
      write: (bytes) => {
        // What a broker still writes to a wire that is cut reaches nobody.
        if (life === this.#life) this.#down = Buffer.concat([this.#down, bytes]);
      },
      buffered: 0,
      pause: () => {
        if (life === this.#life) this.#isPaused = true;
      },
      resume: () => {
        if (life === this.#life) this.#isPaused = false;
      },
      end: () => {},
      destroy: () => {},
    };
    // What the wire has not carried yet waits in the broker's network.
    Object.defineProperty(peer, "buffered", { get: () => (life === this.#life ? this.#down.length : 0) });
    this.#isPaused = false;
    this.#connection = acceptClient(this.test.broker, peer);
    this.#isWelcome = false;
    const { clientId, version } = this;
    this.#aliases.clear();
    const limits = { receiveMaximum: this.window, topicAliasMaximum: aliasMaximum };
    const properties = version === 5 ? { sessionExpiryInterval: 3600, ...limits } : {};
    this.#send({ type: "connect", version, clientId, cleanStart: false, keepAlive: 0, properties });
  }

  /** The wire is cut. A broker that does not notice learns of it by the next CONNECT of this client. */
  cut(isNoticed: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#life++;
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

  /** The wire carries so many bytes to the broker, if that reads. @returns how many there were */
  carryUp(most: number): number {
    if (this.#isPaused) return 0;
    const connection = this.#connection;
    const bytes = this.#up.subarray(0, most);
    this.#up = this.#up.subarray(bytes.length);
    if (connection !== undefined && bytes.length > 0) connection.feed(new Uint8Array(bytes));
    this.test.clock.settle();
    return bytes.length;
  }

  /** The wire carries so many bytes to the client. @returns how many there were */
  carryDown(most: number): number {
    const bytes = this.#down.subarray(0, most);
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
        return this.#welcome(packet.reasonCode, packet.sessionPresent);
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
        this.complaints.push(`${packet.type} came: ${JSON.stringify(packet)}`);
    }
  }

  /** What is not acknowledged goes first, in its order. */
  #welcome(reasonCode: number, isPresent: boolean): void {
    if (reasonCode !== 0) this.complaints.push(`refused with ${reasonCode}`);
    // MQTT 3.1 has no such flag.
    const isLost = this.#hasSession && !isPresent && this.version !== 3;
    if (isLost) this.complaints.push("the session is lost");
    this.#hasSession = true;
    this.#isWelcome = true;
    this.#quota = this.window - this.#unacknowledged.size;
    for (const [id, { publish, isReleased }] of this.#unacknowledged) {
      if (isReleased) this.#answer("pubrel", id);
      else this.#send({ ...publish, dup: true });
    }
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    while (this.#isWelcome && this.isConnected && this.#quota > 0) {
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
    if (!isKnown) this.heard.push(`${topic}: ${Buffer.from(payload)}`);
    if (qos === 1) this.#answer("puback", packetId);
    if (qos !== 2) return;
    this.#received.add(packetId);
    const { size } = this.#received;
    if (size > this.#mostReceived) this.complaints.push(`${size} messages in flight`); // [MQTT-3.3.4-9]
    this.#answer("pubrec", packetId);
  }

  /** What the topic alias stands for on this connection. [MQTT-3.3.2-7] */
  #topicOf({ topic, properties: { topicAlias } }: Publish): string {
    if (topicAlias === undefined) return topic;
    if (topicAlias > aliasMaximum) this.complaints.push(`the topic alias ${topicAlias} came`);
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
