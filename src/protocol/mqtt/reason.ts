/** The reason codes of MQTT 5.0, section 2.4. Where a code has several names, the one of its common packet. */
export const Reason = {
  Success: 0x00,
  GrantedQos1: 0x01,
  GrantedQos2: 0x02,
  DisconnectWithWill: 0x04,
  NoMatchingSubscribers: 0x10,
  NoSubscriptionExisted: 0x11,
  ContinueAuthentication: 0x18,
  Reauthenticate: 0x19,
  UnspecifiedError: 0x80,
  MalformedPacket: 0x81,
  ProtocolError: 0x82,
  ImplementationSpecificError: 0x83,
  UnsupportedProtocolVersion: 0x84,
  ClientIdentifierNotValid: 0x85,
  BadUserNameOrPassword: 0x86,
  NotAuthorized: 0x87,
  ServerUnavailable: 0x88,
  ServerBusy: 0x89,
  Banned: 0x8a,
  ServerShuttingDown: 0x8b,
  BadAuthenticationMethod: 0x8c,
  KeepAliveTimeout: 0x8d,
  SessionTakenOver: 0x8e,
  TopicFilterInvalid: 0x8f,
  TopicNameInvalid: 0x90,
  PacketIdentifierInUse: 0x91,
  PacketIdentifierNotFound: 0x92,
  ReceiveMaximumExceeded: 0x93,
  TopicAliasInvalid: 0x94,
  PacketTooLarge: 0x95,
  MessageRateTooHigh: 0x96,
  QuotaExceeded: 0x97,
  AdministrativeAction: 0x98,
  PayloadFormatInvalid: 0x99,
  RetainNotSupported: 0x9a,
  QosNotSupported: 0x9b,
  UseAnotherServer: 0x9c,
  ServerMoved: 0x9d,
  SharedSubscriptionsNotSupported: 0x9e,
  ConnectionRateExceeded: 0x9f,
  MaximumConnectTime: 0xa0,
  SubscriptionIdentifiersNotSupported: 0xa1,
  WildcardSubscriptionsNotSupported: 0xa2,
} as const;

const names = new Map<number, string>(
  Object.entries(Reason).map(([name, code]) => [code, name.replace(/(?<!^)[A-Z]/g, " $&").toLowerCase()]),
);

/** `not authorized`, or `reason 0xf0` for a code that is not in the specification. */
export function reasonName(code: number): string {
  return names.get(code) ?? `reason 0x${code.toString(16).padStart(2, "0")}`;
}

/** Codes from 0x80 up say that something failed. */
export const isFailure = (code: number): boolean => code >= 0x80;

const acknowledgement = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const release = [0x00, 0x92];

/** The codes that each packet may carry in MQTT 5, sections 3.2 to 3.15. */
const codes: Readonly<Record<string, ReadonlySet<number>>> = {
  connack: new Set([
    ...[0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97],
    ...[0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f],
  ]),
  puback: new Set(acknowledgement),
  pubrec: new Set(acknowledgement),
  pubrel: new Set(release),
  pubcomp: new Set(release),
  suback: new Set([0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2]),
  unsuback: new Set([0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91]),
  disconnect: new Set([
    ...[0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95],
    ...[0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2],
  ]),
  auth: new Set([0x00, 0x18, 0x19]),
};

/** Whether MQTT 5 lets a packet of this type carry this code. */
export const isReasonOf = (type: keyof typeof codes, code: number): boolean =>
  codes[type]?.has(code) === true;

/** The CONNACK return codes of MQTT 3.1 and 3.1.1, section 3.2.2.3. */
export const ReturnCode = {
  Accepted: 0,
  UnacceptableProtocolVersion: 1,
  IdentifierRejected: 2,
  ServerUnavailable: 3,
  BadUserNameOrPassword: 4,
  NotAuthorized: 5,
} as const;

/** The return code in an MQTT 3 client's CONNACK; undefined: there is none, the client is disconnected. */
export function returnCodeOf(reason: number): number | undefined {
  switch (reason) {
    case Reason.Success:
      return ReturnCode.Accepted;
    case Reason.UnsupportedProtocolVersion:
      return ReturnCode.UnacceptableProtocolVersion;
    case Reason.ClientIdentifierNotValid:
      return ReturnCode.IdentifierRejected;
    case Reason.ServerUnavailable:
    case Reason.ServerBusy:
    case Reason.QuotaExceeded:
    case Reason.ConnectionRateExceeded:
    case Reason.UseAnotherServer:
    case Reason.ServerMoved:
      return ReturnCode.ServerUnavailable;
    case Reason.BadUserNameOrPassword:
    case Reason.BadAuthenticationMethod:
      return ReturnCode.BadUserNameOrPassword;
    case Reason.NotAuthorized:
    case Reason.Banned:
      return ReturnCode.NotAuthorized;
    default:
      return undefined;
  }
}
