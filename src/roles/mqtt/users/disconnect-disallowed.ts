import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Broker } from "../broker/broker.ts";
import type { Identity, ListenerAccess } from "../ports/access.ts";

/**
 * The users have changed: clients that may not stay are disconnected, and clients that are being let in have to begin
 * again, because they were checked by the old rules.
 */
export function disconnectDisallowed(
  broker: Pick<Broker, "clients" | "log">,
  mayStay: (identity: Identity, listener: ListenerAccess) => boolean,
): void {
  for (const client of [...broker.clients]) {
    if (client.isNew) continue;
    if (client.session === undefined) {
      // Who it is has not been proved yet, whatever it says.
      client.close();
      continue;
    }
    if (mayStay(client.identity, client.listenerAccess)) continue;
    broker.log.info(`Disconnected ${client.name}: it may not connect by the new configuration`);
    client.disconnect(Reason.NotAuthorized, "the users have been changed");
  }
}
