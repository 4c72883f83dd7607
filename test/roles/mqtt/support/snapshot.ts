import type { Broker } from "../../../../src/roles/mqtt/broker/broker.ts";
import { Awaits } from "../../../../src/roles/mqtt/session/inflight.ts";
import type { Session } from "../../../../src/roles/mqtt/session/session.ts";
import type { Message, Pending } from "../../../../src/roles/mqtt/wire/message.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function messageOf(message: Message, now: number) {
  const { topic, qos, retain, properties, propertiesStart, propertiesEnd, bytes, payloadStart, end } =
    message;
  return {
    topic: topic.text,
    qos,
    retain,
    properties: hex(properties.subarray(propertiesStart, propertiesEnd)),
    payload: Buffer.from(bytes.subarray(payloadStart, end)).toString(),
    seconds: message.secondsLeft(now),
  };
}

const pendingOf = ({ message, qos, retain, subscriptionIds, share, number }: Pending, now: number) => ({
  ...messageOf(message, now),
  grantedQos: qos,
  grantedRetain: retain,
  subscriptionIds,
  share,
  number,
});

function sessionOf(session: Session, now: number) {
  const { clientId, owner, expiry, subscriptions, queue, inflight, incoming } = session;
  const sent = inflight.ids().map((packetId) => {
    const pending = inflight.pending(packetId);
    const awaited = inflight.awaited(packetId);
    return { packetId, awaited, ...(pending !== undefined && pendingOf(pending, now)) };
  });
  return {
    clientId,
    owner,
    expiry,
    subscriptions: [...subscriptions.values()]
      .map(({ filter, qos, noLocal, retainAsPublished, identifier }) => ({
        ...{ filter, qos, noLocal, retainAsPublished, identifier },
      }))
      .sort((one, other) => (one.filter < other.filter ? -1 : 1)),
    queue: [...queue].map((pending) => pendingOf(pending, now)),
    sent: sent.filter(({ awaited }) => awaited !== Awaits.Pubcomp),
    awaitingPubcomp: sent.filter(({ awaited }) => awaited === Awaits.Pubcomp),
    incoming: [...incoming].sort(),
  };
}

/** All state that must survive the broker: persistent sessions and retained messages. */
export function snapshot(broker: Broker) {
  const now = broker.clock.now();
  const retained = [...broker.retained.match("#", () => now)];
  return {
    sessions: [...broker.sessions.values()]
      .filter(({ expiry }) => expiry > 0)
      .map((session) => sessionOf(session, now))
      .sort((one, other) => (one.clientId < other.clientId ? -1 : 1)),
    retained: retained
      .flatMap((message) => (message === undefined ? [] : [messageOf(message, now)]))
      .sort((one, other) => (one.topic < other.topic ? -1 : 1)),
  };
}
