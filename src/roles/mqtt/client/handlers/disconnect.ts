import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Notice } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import type { Connection } from "../connection.ts";

/** The reasons that a client may give, section 3.14.2.1; the others are for servers. */
const clientReasons: ReadonlySet<number> = new Set([
  Reason.Success,
  Reason.DisconnectWithWill,
  Reason.UnspecifiedError,
  Reason.MalformedPacket,
  Reason.ProtocolError,
  Reason.ImplementationSpecificError,
  Reason.TopicNameInvalid,
  Reason.ReceiveMaximumExceeded,
  Reason.TopicAliasInvalid,
  Reason.PacketTooLarge,
  Reason.MessageRateTooHigh,
  Reason.QuotaExceeded,
  Reason.AdministrativeAction,
  Reason.PayloadFormatInvalid,
]);

/** DISCONNECT from a client, section 3.14. */
export function disconnect(connection: Connection, { reasonCode, properties }: Notice): void {
  if (!clientReasons.has(reasonCode)) {
    const code = `0x${reasonCode.toString(16)}`;
    throw protocolError(`DISCONNECT has the reason code ${code}, which only a server may give`); // [MQTT-3.14.2-1]
  }
  if (properties.sessionExpiryInterval !== undefined)
    changeExpiry(connection, properties.sessionExpiryInterval);
  // With any other reason than success the will is published. [MQTT-3.14.4-3] [MQTT-3.1.2-8]
  if (reasonCode === Reason.Success) connection.dropWill();
  connection.close(); // [MQTT-3.14.4-2]
}

/** Section 3.14.2.2.2. */
function changeExpiry({ broker, session, requestedSession }: Connection, seconds: number): void {
  if (session === undefined) return;
  // What CONNECT asked for counts, not what maxSessionExpiry granted.
  if (!requestedSession && seconds > 0) {
    throw protocolError("DISCONNECT gives a session expiry interval, and CONNECT said 0");
  }
  session.expiry = broker.registry.grantedExpiry(seconds);
}
