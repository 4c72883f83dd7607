import type {
  Contents,
  LiveSession,
  LiveState,
  RecordedDelivery,
  RecordedMessage,
  Store,
  StoredSubscription,
} from "../../../../src/roles/mqtt/ports/store.ts";
import { message } from "./stored-message.ts";

interface Delivery {
  readonly delivery: RecordedDelivery;
  packetId: number | undefined;
}

class Session {
  readonly subscriptions = new Map<string, StoredSubscription>();
  readonly deliveries = new Map<number, Delivery>();
  readonly awaitingPubcomp = new Set<number>();
  readonly incoming = new Set<number>();
  awaySince = 0;
  last = 0;

  constructor(
    readonly owner: string | undefined,
    public expiry: number,
    readonly prefix: string | undefined,
  ) {}

  copy(): Session {
    const copy = new Session(this.owner, this.expiry, this.prefix);
    for (const [filter, one] of this.subscriptions) copy.subscriptions.set(filter, one);
    // Messages are other objects when a store has been opened again.
    for (const [number, { delivery, packetId }] of this.deliveries) {
      const message = { ...delivery.message, storeNumber: 0 };
      copy.deliveries.set(number, { delivery: { ...delivery, message }, packetId });
    }
    for (const id of this.awaitingPubcomp) copy.awaitingPubcomp.add(id);
    for (const id of this.incoming) copy.incoming.add(id);
    copy.awaySince = this.awaySince;
    copy.last = this.last;
    return copy;
  }
}

/** What a model keeps. */
export type ModelState = Pick<ModelStore, "known" | "kept" | "wills">;

/** What a store is to keep, in memory: each change is made here and told to the store. */
export class ModelStore implements LiveState {
  readonly known = new Map<string, Session>();
  readonly kept = new Map<string, RecordedMessage>();
  readonly wills = new Map<string, { readonly delay: number; readonly packet: Uint8Array }>();

  /** What was published last. */
  lastMessage: RecordedMessage = message("first", "");
  lastRun: readonly RecordedMessage[] = [];

  /** @param before what was kept when the store was open last: messages are other objects now */
  constructor(
    readonly store: Store,
    readonly now: () => number,
    before?: ModelState,
  ) {
    for (const [clientId, session] of before?.known ?? []) this.known.set(clientId, session);
    for (const [topic, message] of before?.kept ?? []) this.kept.set(topic, { ...message, storeNumber: 0 });
    for (const [clientId, will] of before?.wills ?? []) this.wills.set(clientId, will);
  }

  keep(clientId: string, expiry: number, owner: string | undefined, prefix?: string): void {
    const session = this.known.get(clientId);
    if (session === undefined) this.known.set(clientId, new Session(owner, expiry, prefix));
    else session.expiry = expiry;
    const kept = session ?? { owner, prefix };
    this.store.keepSession(clientId, expiry, kept.owner, kept.prefix);
  }

  end(clientId: string): void {
    this.known.delete(clientId);
    this.store.endSession(clientId);
  }

  setAway(clientId: string, isAway: boolean): void {
    this.known.get(clientId)!.awaySince = isAway ? this.now() : 0;
    this.store.setAway(clientId, isAway);
  }

  subscribe(clientId: string, subscription: StoredSubscription): void {
    this.known.get(clientId)!.subscriptions.set(subscription.filter, subscription);
    this.store.subscribe(clientId, subscription);
  }

  unsubscribe(clientId: string, filter: string): void {
    this.known.get(clientId)!.subscriptions.delete(filter);
    this.store.unsubscribe(clientId, filter);
  }

  deliver(clientId: string, delivery: RecordedDelivery, packetId: number | undefined): void {
    const session = this.known.get(clientId)!;
    const number = ++session.last;
    session.deliveries.set(number, { delivery: { ...delivery, number }, packetId });
    this.store.deliver(clientId, delivery, number, packetId);
  }

  /** Messages that are sent at once. */
  deliverRun(clientId: string, run: readonly RecordedDelivery[], packetId: number): void {
    const session = this.known.get(clientId)!;
    const first = session.last + 1;
    for (const [i, delivery] of run.entries()) {
      const number = ++session.last;
      session.deliveries.set(number, { delivery: { ...delivery, number }, packetId: packetId + i });
    }
    this.store.deliverRun(clientId, run, first, packetId);
  }

  /** The first message that is queued is sent. */
  send(clientId: string, packetId: number): void {
    const { deliveries } = this.known.get(clientId)!;
    const queued = [...deliveries].find(([, one]) => one.packetId === undefined);
    if (queued === undefined) return;
    queued[1].packetId = packetId;
    this.store.sent(clientId, queued[1].delivery, queued[0], packetId);
  }

  acknowledge(clientId: string, packetId: number, isPubrec: boolean): void {
    const { deliveries, awaitingPubcomp } = this.known.get(clientId)!;
    const sent = [...deliveries].find(([, one]) => one.packetId === packetId);
    if (sent === undefined && (isPubrec || !awaitingPubcomp.delete(packetId))) return;
    if (sent !== undefined) deliveries.delete(sent[0]);
    if (isPubrec) awaitingPubcomp.add(packetId);
    if (isPubrec) this.store.pubrec(clientId, packetId);
    else this.store.completed(clientId, packetId);
  }

  dequeue(clientId: string): void {
    const { deliveries } = this.known.get(clientId)!;
    const queued = [...deliveries].find(([, one]) => one.packetId === undefined);
    if (queued === undefined) return;
    deliveries.delete(queued[0]);
    this.store.dequeued(clientId, queued[0]);
  }

  receive(clientId: string, packetId: number): void {
    this.known.get(clientId)!.incoming.add(packetId);
    this.store.received(clientId, packetId);
  }

  release(clientId: string, packetId: number): void {
    if (this.known.get(clientId)!.incoming.delete(packetId)) this.store.released(clientId, packetId);
  }

  retain(message: RecordedMessage): void {
    this.kept.set(message.topic.text, message);
    this.store.retain(message);
  }

  clear(topic: string): void {
    this.kept.delete(topic);
    this.store.clear(topic);
  }

  keepWill(clientId: string, delay: number, packet: Uint8Array): void {
    this.wills.set(clientId, { delay, packet });
    this.store.keepWill(clientId, delay, () => packet);
  }

  dropWill(clientId: string): void {
    this.wills.delete(clientId);
    this.store.dropWill(clientId);
  }

  /** Less than there is, so that it is recorded anew as often as can be. */
  size = () => 0;

  *sessions(): Generator<LiveSession, void, undefined> {
    for (const [clientId, session] of this.known) {
      yield {
        clientId,
        owner: session.owner,
        prefix: session.prefix,
        expiry: session.expiry,
        subscriptions: session.subscriptions.values(),
        awaitingPubcomp: session.awaitingPubcomp,
        incoming: session.incoming,
        inFlight: [...session.deliveries.values()].flatMap(({ delivery, packetId }) =>
          packetId === undefined ? [] : [[delivery, packetId] as const],
        ),
        queuedAfter: (number) =>
          [...session.deliveries.values()]
            .filter(({ delivery, packetId }) => packetId === undefined && (delivery.number ?? 0) > number)
            .map(({ delivery }) => delivery),
      };
    }
  }

  *retained(): Generator<RecordedMessage | undefined, void, undefined> {
    for (const message of this.kept.values()) {
      yield message;
      yield undefined;
    }
  }

  /** All of it as it is now, whatever changes afterwards. */
  copy(): ModelState {
    const known = new Map([...this.known].map(([clientId, session]) => [clientId, session.copy()]));
    return { known, kept: new Map(this.kept), wills: new Map(this.wills) };
  }

  /** All of it as text, to be compared with what a store gives back. */
  snapshot(): string {
    const sessions = [...this.known].map(([clientId, session]) => ({
      clientId,
      owner: session.owner,
      prefix: session.prefix,
      expiry: session.expiry,
      isAway: session.awaySince > 0,
      subscriptions: sorted(session.subscriptions.values()),
      deliveries: [...session.deliveries].map(([number, { delivery, packetId }]) => ({
        number,
        packetId,
        message: recorded(delivery.message),
        ...optionsOf(delivery),
      })),
      awaitingPubcomp: [...session.awaitingPubcomp],
      incoming: [...session.incoming].sort(),
    }));
    const wills = [...this.wills].map(([clientId, { delay, packet }]) => [clientId, delay, hex(packet)]);
    return asText({
      sessions: sorted(sessions),
      retained: sorted([...this.kept.values()].map(recorded)),
      wills: sorted(wills),
    });
  }
}

/** The same text of what a store has given back. */
export function snapshotOf(contents: Contents): string {
  const sessions = [...contents.sessions].map((session) => ({
    clientId: session.clientId,
    owner: session.owner,
    prefix: session.prefix,
    expiry: session.expiry,
    isAway: session.away > 0,
    subscriptions: sorted(session.subscriptions),
    deliveries: [...session.deliveries].map((delivery) => ({
      number: delivery.number,
      packetId: delivery.packetId,
      message: {
        topic: delivery.message.topic,
        qos: delivery.message.qos,
        retain: delivery.message.retain,
        properties: hex(delivery.message.properties),
        payload: hex(delivery.message.payload),
      },
      ...optionsOf(delivery),
    })),
    awaitingPubcomp: [...session.awaitingPubcomp],
    incoming: [...session.incoming].sort(),
  }));
  const retained = [...contents.retained].map(({ topic, qos, retain, properties, payload }) => ({
    topic,
    qos,
    retain,
    properties: hex(properties),
    payload: hex(payload),
  }));
  const wills = [...contents.wills].map(({ clientId, delay, packet }) => [clientId, delay, hex(packet)]);
  return asText({ sessions: sorted(sessions), retained: sorted(retained), wills: sorted(wills) });
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const asText = (value: unknown) =>
  JSON.stringify(value, (_, one) => (one === Number.POSITIVE_INFINITY ? "never" : one), 1);
const sorted = <T>(items: Iterable<T>): T[] =>
  [...items].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));

const recorded = (message: RecordedMessage) => ({
  topic: message.topic.text,
  qos: message.qos,
  retain: message.retain,
  properties: hex(message.properties.subarray(message.propertiesStart, message.propertiesEnd)),
  payload: hex(message.bytes.subarray(message.payloadStart, message.end)),
});

const optionsOf = ({ qos, retain, subscriptionIds, share }: Omit<RecordedDelivery, "message">) => ({
  granted: qos,
  retain,
  subscriptionIds,
  share,
});
