import fc from "fast-check";
import type {
  Connect,
  Packet,
  Properties,
  Publish,
  Qos,
  Version,
  Will,
} from "../../../src/protocol/mqtt/packet.ts";
import { isReasonOf } from "../../../src/protocol/mqtt/reason.ts";

// Strings that MQTT allows: no surrogates on their own, no U+0000.
const text = fc.string({ unit: "binary", maxLength: 12 }).filter((value) => !value.includes("\0"));
const bytes = fc.uint8Array({ maxLength: 20 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const id = fc.integer({ min: 1, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const qos = fc.constantFrom<Qos>(0, 1, 2);
const level = fc.constantFrom("sister", "temp", "", "é", "kanal 1", "$SYS", "°C");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/") || "t");
const filter = fc.oneof(topic, fc.constantFrom("#", "+", "+/+", "a/+/c", "a/#", "+/#", "/"));

// Names that stay in their order as the keys of an object, as the other codec keeps them.
const userProperties = fc.uniqueArray(
  fc.tuple(
    text.map((name) => `k${name}`),
    text,
  ),
  {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 3,
  },
);

/** In any order, names as often as they like: more than the other codec can hold. */
export const anyUserProperties = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 6 });

const values = {
  payloadFormatIndicator: fc.constantFrom(0, 1),
  messageExpiryInterval: u32,
  contentType: text,
  responseTopic: topic,
  correlationData: bytes,
  subscriptionIdentifiers: fc.array(fc.integer({ min: 1, max: 0xfffffff }), { minLength: 1, maxLength: 3 }),
  sessionExpiryInterval: u32,
  assignedClientIdentifier: text,
  serverKeepAlive: u16,
  authenticationMethod: text,
  requestProblemInformation: fc.boolean(),
  willDelayInterval: u32,
  requestResponseInformation: fc.boolean(),
  responseInformation: text,
  serverReference: text,
  reasonString: text,
  receiveMaximum: id,
  topicAliasMaximum: u16,
  topicAlias: id,
  maximumQos: fc.constantFrom(0, 1),
  retainAvailable: fc.boolean(),
  userProperties,
  maximumPacketSize: fc.integer({ min: 1, max: 0xffffffff }),
  wildcardSubscriptionAvailable: fc.boolean(),
  subscriptionIdentifierAvailable: fc.boolean(),
  sharedSubscriptionAvailable: fc.boolean(),
};

function some(...names: (keyof typeof values)[]): fc.Arbitrary<Properties> {
  const model = Object.fromEntries(names.map((name) => [name, values[name]]));
  return fc.record<Properties>(model, { requiredKeys: [] });
}

const none: fc.Arbitrary<Properties> = fc.constant({});
const message: (keyof typeof values)[] = [
  "payloadFormatIndicator",
  "messageExpiryInterval",
  "contentType",
  "responseTopic",
  "correlationData",
  "userProperties",
];

const withData = (list: fc.Arbitrary<Properties>): fc.Arbitrary<Properties> =>
  fc
    .tuple(list, fc.option(fc.tuple(text, bytes), { nil: undefined }))
    .map(([properties, auth]) =>
      auth === undefined
        ? properties
        : { ...properties, authenticationMethod: auth[0], authenticationData: auth[1] },
    );

const connectProperties = withData(
  some(
    "sessionExpiryInterval",
    "receiveMaximum",
    "maximumPacketSize",
    "topicAliasMaximum",
    "requestResponseInformation",
    "requestProblemInformation",
    "userProperties",
  ),
);

const connackProperties = withData(
  some(
    "sessionExpiryInterval",
    "receiveMaximum",
    "maximumQos",
    "retainAvailable",
    "maximumPacketSize",
    "assignedClientIdentifier",
    "topicAliasMaximum",
    "reasonString",
    "userProperties",
    "wildcardSubscriptionAvailable",
    "subscriptionIdentifierAvailable",
    "sharedSubscriptionAvailable",
    "serverKeepAlive",
    "responseInformation",
    "serverReference",
  ),
);

const will = (version: Version): fc.Arbitrary<Will> =>
  fc.record({
    topic,
    payload: bytes,
    qos,
    retain: fc.boolean(),
    properties: version === 5 ? some(...message, "willDelayInterval") : none,
  });

/** A name, a name and a password, neither; in MQTT 5 also a password alone. */
function login(version: Version): fc.Arbitrary<Pick<Connect, "username" | "password">> {
  const username = text.map((value) => `u${value}`);
  return fc.oneof(
    fc.constant({}),
    fc.record({ username }),
    fc.record({ username, password: bytes }),
    version === 5 ? fc.record({ password: bytes }) : fc.constant({}),
  );
}

function connect(version: Version): fc.Arbitrary<Connect> {
  return fc
    .record({
      clientId: text.map((value) => `c${value}`),
      cleanStart: fc.boolean(),
      keepAlive: u16,
      login: login(version),
      will: fc.option(will(version), { nil: undefined }),
      properties: version === 5 ? connectProperties : none,
    })
    .map(({ login, will: left, ...rest }) => ({
      type: "connect",
      version,
      ...rest,
      ...login,
      ...(left !== undefined && { will: left }),
    }));
}

function publish(version: Version): fc.Arbitrary<Publish> {
  return fc
    .record({
      qos,
      dup: fc.boolean(),
      retain: fc.boolean(),
      topic,
      packetId: id,
      payload: bytes,
      properties: version === 5 ? some(...message, "topicAlias", "subscriptionIdentifiers") : none,
    })
    .map(({ packetId, dup, ...rest }) => ({
      type: "publish",
      version,
      ...rest,
      dup: dup && rest.qos > 0,
      ...(rest.qos > 0 && { packetId }),
    }));
}

/** The codes that MQTT 5 lets a packet of this type carry. */
export const reasonsOf = (type: string): number[] =>
  Array.from({ length: 256 }, (_, code) => code).filter((code) => isReasonOf(type, code));

const reasonProperties = (version: Version) =>
  version === 5 ? some("reasonString", "userProperties") : none;
const reason = (version: Version, type: string, old: number[]) =>
  fc.constantFrom(...(version === 5 ? reasonsOf(type) : old));

function ack(version: Version, type: "puback" | "pubrec" | "pubrel" | "pubcomp"): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant(type),
    version: fc.constant(version),
    packetId: id,
    reasonCode: reason(version, type, [0]),
    properties: reasonProperties(version),
  });
}

function subscribe(version: Version): fc.Arbitrary<Packet> {
  const isFive = version === 5;
  const flag = isFive ? fc.boolean() : fc.constant(false);
  const subscription = fc.record({
    filter,
    qos,
    noLocal: flag,
    retainAsPublished: flag,
    retainHandling: isFive ? fc.constantFrom<0 | 1 | 2>(0, 1, 2) : fc.constant<0>(0),
  });
  const identifier = values.subscriptionIdentifiers.map(([first = 1]) => [first]);
  const properties = fc.record<Properties>(
    { subscriptionIdentifiers: identifier, userProperties },
    { requiredKeys: [] },
  );
  return fc.record({
    type: fc.constant("subscribe" as const),
    version: fc.constant(version),
    packetId: id,
    subscriptions: fc.array(subscription, { minLength: 1, maxLength: 3 }),
    properties: isFive ? properties : none,
  });
}

function unsubscribe(version: Version): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant("unsubscribe" as const),
    version: fc.constant(version),
    packetId: id,
    filters: fc.array(filter, { minLength: 1, maxLength: 3 }),
    properties: version === 5 ? some("userProperties") : none,
  });
}

function subscribeAck(version: Version, type: "suback" | "unsuback"): fc.Arbitrary<Packet> {
  const isBare = type === "unsuback" && version !== 5;
  const codes = fc.array(reason(version, type, [0, 1, 2, 0x80]), { minLength: 1, maxLength: 3 });
  return fc.record({
    type: fc.constant(type),
    version: fc.constant(version),
    packetId: id,
    reasonCodes: isBare ? fc.constant([]) : codes,
    properties: reasonProperties(version),
  });
}

const ping = (version: Version): fc.Arbitrary<Packet> =>
  fc.record({
    type: fc.constantFrom("pingreq" as const, "pingresp" as const),
    version: fc.constant(version),
  });

function disconnect(version: Version): fc.Arbitrary<Packet> {
  const properties = some("sessionExpiryInterval", "reasonString", "userProperties", "serverReference");
  return fc.record({
    type: fc.constant("disconnect" as const),
    version: fc.constant(version),
    reasonCode: reason(version, "disconnect", [0]),
    properties: version === 5 ? properties : none,
  });
}

const auth: fc.Arbitrary<Packet> = fc.record({
  type: fc.constant("auth" as const),
  version: fc.constant<5>(5),
  reasonCode: fc.constantFrom(...reasonsOf("auth")),
  properties: withData(some("reasonString", "userProperties")),
});

function connack(version: Version): fc.Arbitrary<Packet> {
  return fc.record({
    type: fc.constant("connack" as const),
    version: fc.constant(version),
    sessionPresent: version === 3 ? fc.constant(false) : fc.boolean(),
    reasonCode: reason(version, "connack", [0, 1, 2, 3, 4, 5]),
    properties: version === 5 ? connackProperties : none,
  });
}

/** Every packet type of a version, by name. */
export function packets(version: Version): Record<string, fc.Arbitrary<Packet>> {
  return {
    CONNECT: connect(version),
    CONNACK: connack(version),
    PUBLISH: publish(version),
    PUBACK: ack(version, "puback"),
    PUBREC: ack(version, "pubrec"),
    PUBREL: ack(version, "pubrel"),
    PUBCOMP: ack(version, "pubcomp"),
    SUBSCRIBE: subscribe(version),
    SUBACK: subscribeAck(version, "suback"),
    UNSUBSCRIBE: unsubscribe(version),
    UNSUBACK: subscribeAck(version, "unsuback"),
    "PINGREQ and PINGRESP": ping(version),
    DISCONNECT: disconnect(version),
    ...(version === 5 && { AUTH: auth }),
  };
}

export const anyPacket = (version: Version): fc.Arbitrary<Packet> =>
  fc.oneof(...Object.values(packets(version)));
