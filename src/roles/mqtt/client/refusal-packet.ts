import type { Packet, Version } from "../../../protocol/mqtt/packet.ts";
import { isReasonOf, Reason, returnCodeOf } from "../../../protocol/mqtt/reason.ts";
import type { Refusal } from "../ports/authentication.ts";

/** The CONNACK that refuses a client in the words of its version; undefined: its version has none for the reason. */
export function refusalPacket(
  version: Version,
  { reason, message, serverReference }: Refusal,
): Packet | undefined {
  const reasonCode = version === 5 ? connackReason(reason) : returnCodeOf(reason);
  if (reasonCode === undefined) return undefined;
  const words = {
    ...(message !== undefined && { reasonString: message }), // [MQTT-3.2.2-19]
    ...(serverReference !== undefined && { serverReference }),
  };
  const properties = version === 5 ? words : {};
  return { type: "connack", version, sessionPresent: false, reasonCode, properties };
}

// [MQTT-3.2.2-8]
const connackReason = (reason: number) => (isReasonOf("connack", reason) ? reason : Reason.UnspecifiedError);
