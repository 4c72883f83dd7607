import { protocolError } from "../../../protocol/mqtt/errors.ts";
import type { Notice } from "../../../protocol/mqtt/packet.ts";

/** AUTH, section 3.15. No method is offered yet, so none can be under way. [MQTT-4.12.0-6] */
export function auth(packet: Notice): never {
  const method = packet.properties.authenticationMethod ?? "none";
  throw protocolError(`AUTH came (method "${method}"), and CONNECT agreed on no authentication method`);
}
