import type { UnsupportedProtocol } from "../../../../../protocol/mqtt/decode-connect.ts";
import { isReasonOf, Reason, reasonName, returnCodeOf } from "../../../../../protocol/mqtt/reason.ts";
import type { Refusal } from "../../../ports/access.ts";
import type { Connection } from "../../connection.ts";

/** Says no, in the words of the client's version, and closes. */
export function refuse(connection: Connection, refusal: Refusal): void {
  const { version } = connection;
  const { reason, message, serverReference } = refusal;
  connection.broker.log.debug(`Refused ${connection.name}: ${reasonName(reason)}`);
  const reasonCode = version === 5 ? connackReason(reason) : returnCodeOf(reason);
  if (reasonCode !== undefined) {
    const words = {
      ...(message !== undefined && { reasonString: message }), // [MQTT-3.2.2-19]
      ...(serverReference !== undefined && { serverReference }),
    };
    const properties = version === 5 ? words : {};
    // [MQTT-3.2.2-6]
    connection.send({ type: "connack", version, sessionPresent: false, reasonCode, properties });
  }
  connection.close(); // [MQTT-3.2.2-7]
}

/** There is no room for another client: it may try elsewhere, if the configuration says where. */
export function refuseForWantOfRoom(connection: Connection): void {
  const { serverReference } = connection.broker.config;
  if (serverReference === undefined)
    refuse(connection, { reason: Reason.QuotaExceeded, message: "all sessions are in use" });
  else refuse(connection, { reason: Reason.UseAnotherServer, serverReference });
}

/**
 * Answers a protocol level that is not spoken here: in the oldest form if it is of the past, in the newest if it
 * is of the future. What is not MQTT at all gets no answer. [MQTT-3.1.2-1] [MQTT-3.1.2-2]
 */
export function refuseProtocol(connection: Connection, { level }: UnsupportedProtocol): void {
  if (level === undefined) return;
  connection.version = level > 5 ? 5 : 4;
  refuse(connection, { reason: Reason.UnsupportedProtocolVersion });
}

// [MQTT-3.2.2-8]
const connackReason = (reason: number) => (isReasonOf("connack", reason) ? reason : Reason.UnspecifiedError);
