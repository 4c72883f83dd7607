import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Broker } from "../broker/broker.ts";
import type { Identity } from "../ports/access.ts";

/**
 * The users have become others: who may not stay is disconnected, and who was on its way in has to begin again, since
 * it was asked by the rules of before.
 */
export function sendAwayUnless(broker: Broker, mayStay: (identity: Identity) => boolean): void {
  for (const connection of [...broker.connections]) {
    if (connection.state === "new") continue;
    if (connection.session === undefined) {
      // Who it is has not been proved yet, whatever it says.
      connection.close();
      continue;
    }
    if (mayStay(connection.identity)) continue;
    broker.log.info(`Disconnected ${connection.name}: it may not connect by the new configuration`);
    connection.disconnect(Reason.NotAuthorized, "the users have been changed");
  }
}
