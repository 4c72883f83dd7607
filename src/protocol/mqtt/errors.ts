import { Reason } from "./reason.ts";

/**
 * A packet that breaks the specification. Its connection is closed with `reason` (sent to the client in MQTT 5 only);
 * no other connection is affected.
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

/** The packet can be read, but is not allowed, or not allowed now. */
export const protocolError = (message: string): MqttError => new MqttError(Reason.ProtocolError, message);
