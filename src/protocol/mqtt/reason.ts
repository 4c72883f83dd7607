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

/** `not authorized`, or `reason 0xf0` for a code that the specification does not know. */
export function reasonName(code: number): string {
  return names.get(code) ?? `reason 0x${code.toString(16).padStart(2, "0")}`;
}

/** Codes from 0x80 up say that something failed. */
export const isFailure = (code: number): boolean => code >= 0x80;

/** The CONNACK return codes of MQTT 3.1 and 3.1.1, section 3.2.2.3. */
export const ReturnCode = {
  Accepted: 0,
  UnacceptableProtocolVersion: 1,
  IdentifierRejected: 2,
  ServerUnavailable: 3,
  BadUserNameOrPassword: 4,
  NotAuthorized: 5,
} as const;

/** What an MQTT 3 client is told in its CONNACK; undefined: it can only be disconnected. */
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
