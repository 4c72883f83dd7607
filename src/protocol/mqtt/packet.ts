/** The protocol level of CONNECT: 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0. */
export type Version = 3 | 4 | 5;
export type Qos = 0 | 1 | 2;

export function lowerQos(one: Qos, other: Qos): Qos {
  if (one < other) return one;
  return other;
}

/** The QoS in the two lowest bits, as they stand in a packet's flags; 3 is not allowed there. */
export function qosOf(bits: number): Qos {
  const qos = bits & 3;
  return qos === 1 ? 1 : qos === 2 ? 2 : 0;
}

/** A fixed header's upper four bits. */
export const PacketType = {
  Connect: 1,
  Connack: 2,
  Publish: 3,
  Puback: 4,
  Pubrec: 5,
  Pubrel: 6,
  Pubcomp: 7,
  Subscribe: 8,
  Suback: 9,
  Unsubscribe: 10,
  Unsuback: 11,
  Pingreq: 12,
  Pingresp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;

const typeNames = ["RESERVED", ...Object.keys(PacketType).map((name) => name.toUpperCase())];

/** `PUBLISH` for 3. */
export const packetTypeName = (type: number): string => typeNames[type] ?? "RESERVED";

/** Name and value, in the order they came; a name may come twice. */
export type UserProperty = readonly [name: string, value: string];

/** Every property of MQTT 5.0, section 2.2.2.2. Empty in packets of earlier versions. */
export interface Properties {
  payloadFormatIndicator?: number;
  /** Seconds. */
  messageExpiryInterval?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Uint8Array;
  /** Several only in a PUBLISH that a server sends. */
  subscriptionIdentifiers?: number[];
  /** Seconds; 0xffffffff is forever. */
  sessionExpiryInterval?: number;
  assignedClientIdentifier?: string;
  /** Seconds. */
  serverKeepAlive?: number;
  authenticationMethod?: string;
  authenticationData?: Uint8Array;
  requestProblemInformation?: boolean;
  /** Seconds. */
  willDelayInterval?: number;
  requestResponseInformation?: boolean;
  responseInformation?: string;
  serverReference?: string;
  reasonString?: string;
  receiveMaximum?: number;
  topicAliasMaximum?: number;
  topicAlias?: number;
  maximumQos?: number;
  retainAvailable?: boolean;
  userProperties?: UserProperty[];
  /** Bytes. */
  maximumPacketSize?: number;
  wildcardSubscriptionAvailable?: boolean;
  subscriptionIdentifierAvailable?: boolean;
  sharedSubscriptionAvailable?: boolean;
}

export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Properties;
}

export interface Connect {
  readonly type: "connect";
  readonly version: Version;
  /** Another broker, as Mosquitto's bridges say it: it wants none of its own messages back, and retain as published. */
  readonly isBridge?: boolean;
  /** Called clean session before MQTT 5. */
  readonly cleanStart: boolean;
  /** Seconds; 0 is never. */
  readonly keepAlive: number;
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Uint8Array;
  readonly will?: Will;
  readonly properties: Properties;
}

export interface Connack {
  readonly type: "connack";
  readonly version: Version;
  readonly sessionPresent: boolean;
  /** A reason code of MQTT 5, or a return code (0 to 5) before. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface Publish {
  readonly type: "publish";
  readonly version: Version;
  readonly dup: boolean;
  readonly qos: Qos;
  readonly retain: boolean;
  /** Empty only in MQTT 5, with a topic alias. */
  readonly topic: string;
  /** Present at QoS 1 and 2. */
  readonly packetId?: number;
  readonly payload: Uint8Array;
  readonly properties: Properties;
}

/** The four acknowledgements of a PUBLISH look alike. */
export interface PublishAck {
  readonly type: "puback" | "pubrec" | "pubrel" | "pubcomp";
  readonly version: Version;
  readonly packetId: number;
  /** 0 before MQTT 5. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export interface SubscriptionRequest {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0: send retained messages; 1: only if the subscription is new; 2: do not. */
  readonly retainHandling: 0 | 1 | 2;
}

export interface Subscribe {
  readonly type: "subscribe";
  readonly version: Version;
  readonly packetId: number;
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties: Properties;
}

export interface Unsubscribe {
  readonly type: "unsubscribe";
  readonly version: Version;
  readonly packetId: number;
  readonly filters: readonly string[];
  readonly properties: Properties;
}

export interface SubscribeAck {
  readonly type: "suback" | "unsuback";
  readonly version: Version;
  readonly packetId: number;
  /** One per filter; none in an UNSUBACK before MQTT 5. */
  readonly reasonCodes: readonly number[];
  readonly properties: Properties;
}

export interface Ping {
  readonly type: "pingreq" | "pingresp";
  readonly version: Version;
}

/** DISCONNECT in every version, AUTH in MQTT 5. */
export interface Notice {
  readonly type: "disconnect" | "auth";
  readonly version: Version;
  /** 0 before MQTT 5. */
  readonly reasonCode: number;
  readonly properties: Properties;
}

export type Packet =
  | Connect
  | Connack
  | Publish
  | PublishAck
  | Subscribe
  | SubscribeAck
  | Unsubscribe
  | Ping
  | Notice;
