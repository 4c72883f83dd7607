import type {
  Contents,
  RecordedDelivery,
  RecordedMessage,
  Store,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
  StoreEvents,
} from "../../../../src/roles/mqtt/ports/store.ts";
import type { TestClock } from "./test-broker.ts";

interface Session {
  expiry: number;
  readonly owner: string | undefined;
  /** When its client went offline; undefined while it is connected. */
  offlineSince: number | undefined;
  readonly subscriptions: Map<string, StoredSubscription>;
  readonly deliveries: Map<number, StoredDelivery>;
  readonly awaitingPubcomp: Set<number>;
  readonly incoming: Set<number>;
}

type Change =
  | "keepSession"
  | "setAway"
  | "endSession"
  | "subscribe"
  | "unsubscribe"
  | "pubrec"
  | "completed"
  | "dequeued"
  | "received"
  | "released"
  | "clear"
  | "dropWill";

/** One line of the journal for each change. */
type Entry =
  | { [K in Change]: readonly [K, ...Parameters<Store[K]>] }[Change]
  | readonly ["deliver", string, StoredDelivery]
  | readonly ["sent", string, number, number]
  | readonly ["retain", StoredMessage]
  | readonly ["keepWill", string, number, Uint8Array];

/**
 * A store that appends each change as a line of JSON, as one on a disk would. The committed lines are a string: all
 * that survives a crash.
 */
export class JournalingStore implements Store {
  readonly isDurable = true;
  /** What survives a crash. */
  committed: string;
  commits = 0;
  description = "a journal";
  recorded = 0;
  recording = 1;
  durable = 0;
  hasRoom = true;
  isBehind = false;
  /** A commit is durable only when `sync` is called: until then a crash takes it away. */
  isSlow = false;
  events: StoreEvents | undefined;
  closed = 0;
  /** Every commit throws, as with a full disk. */
  isBroken = false;
  #changes: string[] = [];
  readonly #clock: TestClock;
  readonly #sessions = new Map<string, Session>();
  readonly #retained = new Map<string, StoredMessage>();
  readonly #wills = new Map<string, { delay: number; packet: Uint8Array }>();
  /** Committed, and not durable yet. */
  #unsynced: string[] = [];

  constructor(clock: TestClock, committed = "") {
    this.#clock = clock;
    this.committed = committed;
  }

  load = async (): Promise<Contents> => {
    for (const line of this.committed.split("\n")) {
      if (line !== "") this.#apply(JSON.parse(line, (_, value) => this.#revive(value)));
    }
    const sessions = [...this.#sessions].map(([clientId, session]) => this.#stored(clientId, session));
    const wills = [...this.#wills].map(([clientId, will]) => {
      return { clientId, ...will, away: sessions.find((one) => one.clientId === clientId)?.away ?? 0 };
    });
    return { sessions, retained: this.#retained.values(), wills };
  };

  begin(_: unknown, events: StoreEvents): void {
    this.events = events;
  }

  keepSession = this.#writer("keepSession");
  setAway = this.#writer("setAway");
  endSession = this.#writer("endSession");
  subscribe = this.#writer("subscribe");
  unsubscribe = this.#writer("unsubscribe");
  pubrec = this.#writer("pubrec");
  completed = this.#writer("completed");
  dequeued = this.#writer("dequeued");
  received = this.#writer("received");
  released = this.#writer("released");
  dropWill = this.#writer("dropWill");
  clear = this.#writer("clear");

  deliver(clientId: string, delivery: RecordedDelivery, number: number, packetId: number | undefined): void {
    const { qos, retain, subscriptionIds, share } = delivery;
    const message = this.#plainMessage(delivery.message);
    this.#write(["deliver", clientId, { number, message, qos, retain, subscriptionIds, share, packetId }]);
  }

  deliverRun(
    clientId: string,
    deliveries: readonly RecordedDelivery[],
    number: number,
    packetId: number,
  ): void {
    for (const [i, delivery] of deliveries.entries())
      this.deliver(clientId, delivery, number + i, packetId + i);
  }

  sent(clientId: string, _: unknown, number: number, packetId: number): void {
    this.#write(["sent", clientId, number, packetId]);
  }

  retain(message: RecordedMessage): void {
    this.#write(["retain", this.#plainMessage(message)]);
  }

  keepWill(clientId: string, delay: number, packet: () => Uint8Array): void {
    this.#write(["keepWill", clientId, delay, packet()]);
  }

  #plainMessage(message: RecordedMessage): StoredMessage {
    const { topic, qos, retain, properties, propertiesStart, propertiesEnd, bytes, payloadStart, end } =
      message;
    return {
      topic: topic.text,
      qos,
      retain,
      properties: properties.subarray(propertiesStart, propertiesEnd),
      payload: bytes.subarray(payloadStart, end),
      expiresIn: message.expiresAt - this.#clock.now(),
    };
  }

  #write(entry: readonly unknown[]): void {
    // Nobody is told of an acknowledgement that has come.
    if (entry[0] !== "completed") this.recorded++;
    this.#changes.push(JSON.stringify(entry, (_, value) => this.#plain(value)));
  }

  /** What was committed is durable from now on. */
  sync(): void {
    this.durable = this.recording - 1;
    this.committed += this.#unsynced.join("");
    this.#unsynced = [];
    this.events?.onDurable();
  }

  /** The changes since the last commit, by name. */
  get changes(): string[] {
    return this.#changes.map((line) => JSON.parse(line)[0]);
  }

  commit(): void {
    if (this.isBroken) throw new Error("the disk is full");
    if (this.#changes.length === 0) return;
    this.commits++;
    this.recording++;
    this.#unsynced.push(`${this.#changes.join("\n")}\n`);
    this.#changes = [];
    if (!this.isSlow) this.sync();
  }

  async close(): Promise<void> {
    this.closed++;
  }

  #writer<K extends Change>(name: K): (...values: Parameters<Store[K]>) => void {
    return (...values) => {
      this.#write([name, ...values, ...(name === "setAway" ? [this.#clock.now()] : [])]);
    };
  }

  // A message is stored with the time at which it expires, because the time without a broker counts, too.
  #plain(value: unknown): unknown {
    if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
    if (value === Number.POSITIVE_INFINITY) return "never";
    if (typeof value === "object" && value !== null && "expiresIn" in value) {
      const { topic, qos, retain, properties, payload, expiresIn } = value as StoredMessage;
      return { topic, qos, retain, properties, payload, expiresAt: expiresIn + this.#clock.now() };
    }
    return value;
  }

  #revive(value: unknown): unknown {
    if (value === "never") return Number.POSITIVE_INFINITY;
    if (typeof value !== "object" || value === null) return value;
    if ("base64" in value) return new Uint8Array(Buffer.from(String(value.base64), "base64"));
    if (!("expiresAt" in value)) return value;
    const { expiresAt, ...message } = value;
    return { ...message, expiresIn: Number(expiresAt) - this.#clock.now() };
  }

  #stored(clientId: string, { offlineSince, deliveries, subscriptions, ...session }: Session): StoredSession {
    const away = offlineSince === undefined ? 0 : this.#clock.now() - offlineSince;
    const inOrder = [...deliveries.values()].sort((one, other) => one.number - other.number);
    return { clientId, ...session, away, subscriptions: subscriptions.values(), deliveries: inOrder };
  }

  #session(clientId: string): Session {
    const session = this.#sessions.get(clientId);
    if (session === undefined) throw new Error(`the store knows no session of "${clientId}"`);
    return session;
  }

  #delivery(session: Session, is: (delivery: StoredDelivery) => boolean): StoredDelivery {
    const delivery = [...session.deliveries.values()].find(is);
    if (delivery === undefined) throw new Error("the store does not know this message");
    return delivery;
  }

  #apply(entry: Entry): void {
    if (entry[0] === "retain") this.#retained.set(entry[1].topic, entry[1]);
    else if (entry[0] === "clear") this.#retained.delete(entry[1]);
    else if (entry[0] === "keepWill") this.#wills.set(entry[1], { delay: entry[2], packet: entry[3] });
    else if (entry[0] === "dropWill") this.#wills.delete(entry[1]);
    else if (entry[0] === "endSession") this.#sessions.delete(entry[1]);
    else if (entry[0] === "keepSession") this.#keep(entry[1], entry[2], entry[3] ?? undefined);
    else this.#change(this.#session(entry[1]), entry);
  }

  #keep(clientId: string, expiry: number, owner: string | undefined): void {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) known.expiry = expiry;
    else {
      const maps = { subscriptions: new Map(), deliveries: new Map() };
      const sets = { awaitingPubcomp: new Set<number>(), incoming: new Set<number>() };
      this.#sessions.set(clientId, { expiry, owner, offlineSince: undefined, ...maps, ...sets });
    }
  }

  #change(session: Session, entry: Entry): void {
    const { deliveries, subscriptions, awaitingPubcomp, incoming } = session;
    switch (entry[0]) {
      case "setAway":
        session.offlineSince = entry[2] ? Number((entry as readonly unknown[])[3]) : undefined;
        return;
      case "subscribe":
        subscriptions.set(entry[2].filter, entry[2]);
        return;
      case "unsubscribe":
        subscriptions.delete(entry[2]);
        return;
      case "deliver":
        deliveries.set(entry[2].number, entry[2]);
        return;
      case "sent": {
        const [, , number, packetId] = entry;
        const delivery = this.#delivery(session, (one) => one.number === number);
        if (delivery.packetId !== undefined) throw new Error(`message ${number} had been sent before`);
        deliveries.set(number, { ...delivery, packetId });
        return;
      }
      case "pubrec":
        deliveries.delete(this.#delivery(session, ({ packetId }) => packetId === entry[2]).number);
        awaitingPubcomp.add(entry[2]);
        return;
      case "completed":
        if (awaitingPubcomp.delete(entry[2])) return;
        deliveries.delete(this.#delivery(session, ({ packetId }) => packetId === entry[2]).number);
        return;
      case "dequeued":
        deliveries.delete(this.#delivery(session, ({ number }) => number === entry[2]).number);
        return;
      case "received":
        incoming.add(entry[2]);
        return;
      case "released":
        incoming.delete(entry[2]);
    }
  }
}
