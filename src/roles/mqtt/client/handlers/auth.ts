import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Notice } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import type { Connection } from "../connection.ts";
import type { EnhancedAuth } from "../enhanced-auth.ts";

/** AUTH, section 3.15. */
export function auth(connection: Connection, { reasonCode, properties }: Notice): void {
  const { authenticationMethod: method, authenticationData: data } = properties;
  const { enhancedAuth } = connection;
  if (enhancedAuth === undefined) {
    // [MQTT-4.12.0-6]
    throw protocolError(
      `AUTH came (method "${method ?? "none"}"), and CONNECT agreed on no authentication method`,
    );
  }
  if (method === undefined) throw protocolError("AUTH names no authentication method");
  if (method !== enhancedAuth.method.name) {
    enhancedAuth.refuse({ reason: Reason.BadAuthenticationMethod }); // [MQTT-4.12.0-5] [MQTT-4.12.1-1]
    return;
  }
  if (reasonCode === Reason.ContinueAuthentication) enhancedAuth.proceed(data);
  else if (reasonCode === Reason.Reauthenticate) reauthenticate(connection, enhancedAuth, data);
  else throw protocolError(`AUTH came with the reason code ${reasonCode}, which only a server may say`);
}

/** Section 4.12.1. What the client may do was decided for its user, so that must stay the same. */
function reauthenticate(
  connection: Connection,
  enhancedAuth: EnhancedAuth,
  data: Uint8Array | undefined,
): void {
  if (connection.session === undefined) throw protocolError("AUTH begins anew, and the first has not ended");
  enhancedAuth.begin(data, (accepted) => {
    if (accepted.username !== connection.identity.username) {
      enhancedAuth.refuse({ reason: Reason.NotAuthorized });
      return;
    }
    enhancedAuth.send(Reason.Success, accepted.data);
  });
}
