import { Reason } from "./reason.ts";

/**
 * A packet that breaks the rules. The connection it came from is closed with `reason` (which only MQTT 5 can
 * carry to the client); no other connection notices.
 */
export class MqttError extends Error {
  override readonly name = "MqttError";
  constructor(
    readonly reason: number,
    message: string,
  ) {
    super(message);
  }
}

/** The bytes cannot be read as a packet. */
export const malformed = (message: string): MqttError => new MqttError(Reason.MalformedPacket, message);

/** The bytes can be read, and what they say is not allowed, or not allowed now. */
export const protocolError = (message: string): MqttError => new MqttError(Reason.ProtocolError, message);
