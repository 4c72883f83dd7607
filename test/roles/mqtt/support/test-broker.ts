import type { Audit } from "../../../../src/core/audit.ts";
import type { Logger } from "../../../../src/core/log.ts";
import { type Traffic, unobserved } from "../../../../src/core/traffic.ts";
import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Connect, Packet, Publish, Subscribe, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { Broker } from "../../../../src/roles/mqtt/broker/broker.ts";
import { acceptClient } from "../../../../src/roles/mqtt/client/accept.ts";
import type { Connection, ConnectionLimits } from "../../../../src/roles/mqtt/client/connection.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import {
  type Access,
  everything,
  openAccess,
  type Permissions,
} from "../../../../src/roles/mqtt/ports/access.ts";
import { type Bus, noBus } from "../../../../src/roles/mqtt/ports/bus.ts";
import type { Clock } from "../../../../src/roles/mqtt/ports/clock.ts";
import { memoryStore, type Store } from "../../../../src/roles/mqtt/ports/store.ts";
import type { Peer } from "../../../../src/roles/mqtt/wire/link.ts";

/** A clock that stands still until the test advances it. */
export class TestClock implements Clock {
  #now = 0;
  #soon: (() => void)[] = [];
  readonly #repeated = new Set<{ period: number; next: number; call: () => void }>();

  /** How far each call of `now` advances the clock, in milliseconds. */
  cost = 0;

  now = (): number => {
    this.#now += this.cost;
    return this.#now;
  };

  every = (period: number, call: () => void): (() => void) => {
    const entry = { period, next: this.#now + period, call };
    this.#repeated.add(entry);
    return () => this.#repeated.delete(entry);
  };

  soon = (call: () => void): void => {
    this.#soon.push(call);
  };

  /** Ends this turn of the event loop only. @returns whether another turn is scheduled */
  turn(): boolean {
    const calls = this.#soon;
    this.#soon = [];
    for (const call of calls) call();
    return this.#soon.length > 0;
  }

  /** Ends this turn of the event loop, and all turns that follow from it. */
  settle(): void {
    while (this.#soon.length > 0) {
      const calls = this.#soon;
      this.#soon = [];
      for (const call of calls) call();
    }
  }

  /** The whole process is suspended for so long; afterwards each interval fires once, late. */
  pause(milliseconds: number): void {
    this.#now += milliseconds;
    for (const entry of this.#repeated) {
      if (entry.next > this.#now) continue;
      entry.next = this.#now + entry.period;
      entry.call();
    }
    this.settle();
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#repeated].sort((one, other) => one.next - other.next)[0];
      if (due === undefined || due.next > end) break;
      this.#now = due.next;
      due.next += due.period;
      due.call();
      this.settle();
    }
    this.#now = end;
  }
}

export interface TestBrokerOptions {
  readonly access?: Partial<Access>;
  /** What everybody may do, where it is not everything. */
  readonly permissions?: Partial<Permissions>;
  readonly audit?: Audit;
  readonly traffic?: Traffic;
  readonly store?: Store;
  readonly bus?: Bus;
  /** A clock shared by several brokers in a row. */
  readonly clock?: TestClock;
}

/** A broker without a network: what a client sends has been answered by the time `send` returns. */
export class TestBroker {
  readonly clock: TestClock;
  readonly log: string[] = [];
  /** The fatal errors that the broker reported. */
  readonly failures: Error[] = [];
  readonly broker: Broker;

  constructor(
    config: Record<string, unknown> = {},
    {
      access = {},
      permissions = {},
      audit,
      traffic = unobserved,
      store = memoryStore,
      bus = noBus,
      clock = new TestClock(),
    }: TestBrokerOptions = {},
  ) {
    this.clock = clock;
    const line = (level: string) => (message: string) => this.log.push(`${level} ${message}`);
    const log: Logger = {
      debug: line("debug"),
      info: line("info"),
      warning: line("warning"),
      error: line("error"),
    };
    const fail = (error: Error) => this.failures.push(error);
    const common = { ...everything, ...permissions };
    const ports = { access: { ...openAccess, permissionsOf: () => common, ...access }, store, bus };
    this.broker = new Broker(mqttConfig.parse(config), { log, traffic, audit, clock, fail, ...ports });
  }

  /** A connection that has sent nothing yet. @param limits of its listener; absent: of the service's own */
  open(version: Version = 4, limits: ConnectionLimits = this.broker.config): TestClient {
    return new TestClient(this, version, limits);
  }

  /** A client whose CONNECT has been accepted. */
  connect(clientId: string, version: Version = 4, options: Partial<Connect> = {}): TestClient {
    const client = this.open(version);
    client.connect(clientId, options);
    const [connack] = client.take();
    if (connack?.type !== "connack" || connack.reasonCode !== 0) {
      throw new Error(`${clientId} was not accepted: ${JSON.stringify(connack)}`);
    }
    return client;
  }
}

/** The client's side of a connection. */
export class TestClient {
  readonly connection: Connection;
  /** The state of the connection as the network sees it. */
  state: "open" | "ended" | "destroyed" = "open";
  isPaused = false;
  /** The socket buffer is full: writes are held back until `drain`. */
  isStuck = false;
  writes = 0;
  #bytes = Buffer.alloc(0);
  #toResend = Buffer.alloc(0);

  constructor(
    readonly test: TestBroker,
    readonly version: Version,
    limits: ConnectionLimits,
  ) {
    const peer: Peer = {
      conversation: {
        id: "mqtt#1",
        service: "mqtt",
        transport: "tcp",
        local: "here:1883",
        remote: "there:1",
      },
      write: (bytes) => this.#receive(bytes),
      ...this.#controls(),
    };
    Object.defineProperty(peer, "buffered", { get: () => this.#toResend.length });
    this.connection = acceptClient(test.broker, peer, limits);
  }

  #controls() {
    const set = (state: "ended" | "destroyed") => () => {
      this.state = state;
    };
    const pause = (isPaused: boolean) => () => {
      this.isPaused = isPaused;
    };
    return {
      buffered: 0,
      pause: pause(true),
      resume: pause(false),
      end: set("ended"),
      destroy: set("destroyed"),
    };
  }

  #receive(bytes: Uint8Array): void {
    this.writes++;
    if (this.isStuck) this.#toResend = Buffer.concat([this.#toResend, bytes]);
    else this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  get buffered(): number {
    return this.#toResend.length;
  }

  /** The held-back bytes are delivered, and the socket is writable again. */
  drain(): void {
    this.isStuck = false;
    this.#bytes = Buffer.concat([this.#bytes, this.#toResend]);
    this.#toResend = Buffer.alloc(0);
    this.connection.drained();
    this.test.clock.settle();
  }

  /** Sends packets as one chunk. */
  send(...packets: Packet[]): void {
    this.sendBytes(Buffer.concat(packets.map((packet) => encode(packet))));
  }

  /** The chunk is overwritten afterwards, as the network layer reuses its buffer. */
  sendBytes(bytes: Uint8Array): void {
    const chunk = new Uint8Array(bytes);
    this.connection.feed(chunk);
    chunk.fill(0xee);
    this.test.clock.settle();
  }

  connect(clientId: string, options: Partial<Connect> = {}): void {
    const { version } = this;
    const defaults = { cleanStart: true, keepAlive: 0, properties: {} };
    this.send({ type: "connect", version, clientId, ...defaults, ...options });
  }

  subscribe(filter: string, qos: 0 | 1 | 2 = 0, more: Partial<Subscribe["subscriptions"][0]> = {}): Packet {
    const { version } = this;
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    const subscriptions = [{ filter, qos, ...options, ...more }];
    this.send({ type: "subscribe", version, packetId: 9, subscriptions, properties: {} });
    return this.next("suback");
  }

  publish(topic: string, text: string, options: Partial<Publish> = {}): void {
    this.send(this.message(topic, text, options));
  }

  message(topic: string, text: string, options: Partial<Publish> = {}): Publish {
    const payload = new TextEncoder().encode(text);
    const packetId = options.qos ? { packetId: 1 } : {};
    const { version } = this;
    const flags = { dup: false, qos: 0 as const, retain: false };
    return { type: "publish", version, ...flags, topic, payload, properties: {}, ...packetId, ...options };
  }

  /** Every packet received since the last call. */
  take(): Packet[] {
    const frame = new Frame();
    const packets: Packet[] = [];
    let at = 0;
    while (frame.read(this.#bytes, at, this.#bytes.length) && frame.end <= this.#bytes.length) {
      const { end } = frame;
      packets.push(decode(this.#bytes, this.version, at, end));
      at = end;
    }
    this.#bytes = this.#bytes.subarray(at);
    return packets;
  }

  /** The only packet received since the last call. */
  next<T extends Packet["type"]>(type: T): PacketOf<T> {
    const [packet, ...more] = this.take();
    if (packet === undefined || more.length > 0 || !isOf(packet, type)) {
      throw new Error(`expected one ${type}, got ${JSON.stringify([packet, ...more])}`);
    }
    return packet;
  }

  /** `topic: payload` of each PUBLISH received since the last call. */
  messages(): string[] {
    const text = new TextDecoder();
    const publishes = this.take().filter((packet) => packet.type === "publish");
    return publishes.map((packet) => `${packet.topic}: ${text.decode(packet.payload)}`);
  }

  /** The connection breaks. */
  cut(): void {
    this.state = "destroyed";
    this.connection.closed();
    this.test.clock.settle();
  }
}

type PacketOf<T extends Packet["type"]> = {
  [P in Packet as P["type"]]: P["type"] extends infer U ? (T extends U ? P & { type: T } : never) : never;
}[T];

function isOf<T extends Packet["type"]>(packet: Packet, type: T): packet is PacketOf<T> {
  return packet.type === type;
}

/** The permission to receive everything that other filters than this one match. */
export const reachesAllBut =
  (refused: string): Permissions["reach"] =>
  (filter) =>
    filter === refused ? "none" : "all";
