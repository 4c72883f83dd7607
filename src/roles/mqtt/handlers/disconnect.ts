import { protocolError } from "../../../protocol/mqtt/errors.ts";
import type { Notice } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Connection } from "../connection.ts";

/** DISCONNECT from a client, section 3.14. */
export function disconnect(connection: Connection, packet: Notice): void {
  const { session, broker } = connection;
  const seconds = packet.properties.sessionExpiryInterval;
  if (seconds !== undefined && session !== undefined) {
    if (session.expiry === 0 && seconds > 0) {
      // Section 3.14.2.2.2.
      throw protocolError("DISCONNECT gives a session expiry interval, and CONNECT said 0");
    }
    session.expiry = broker.sessionExpiry(seconds);
  }
  // A client that says goodbye leaves no will, unless it asks for it. [MQTT-3.14.4-3]
  if (packet.reasonCode !== Reason.DisconnectWithWill) connection.will = undefined;
  connection.close(); // [MQTT-3.14.4-2]
}
