import { z } from "zod";
import { nearest } from "../../../core/nearest.ts";
import type { Action } from "../../../core/role.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";

const input = z.strictObject({ client: z.string(), dropSession: z.boolean().default(false) });

const wanted = '{ "client": "sensor-1", "dropSession": false }';

/** Names that a wrong one is compared with. */
const maxNames = 1000;

/**
 * Disconnects a client, and deletes its session where that is asked for. Nothing keeps it from coming back, which most
 * clients do by themselves; its will is published.
 */
export const kickAction =
  (broker: Broker): Action =>
  (given, asker) => {
    const result = input.safeParse(given);
    if (!result.success) throw new Error(`the client is missing, or more is said than that; give ${wanted}`);
    const { client: clientId, dropSession } = result.data;
    const session = broker.sessions.get(clientId);
    if (session === undefined) throw new Error(unknown(broker, clientId));
    const { registry, log, audit } = broker;
    const client = registry.clientOf(session);
    const shown = printable(clientId, 200);
    if (client === undefined && !dropSession)
      throw new Error(`"${shown}" is not connected; with dropSession its session is deleted`);
    const by = asker === undefined ? "" : `, asked by ${asker.by}`;
    if (client !== undefined) {
      log.info(`Kicked ${client.name}${by}`);
      audit.record("client-kicked", client, { ...asker });
      client.disconnect(Reason.AdministrativeAction, "it was disconnected by an administrator");
    }
    if (dropSession) {
      const { size } = session.subscriptions;
      log.info(
        `Deleted the session of "${shown}"${by}: ${size} subscriptions, ${session.queue.length} messages`,
      );
      audit.recordAction("session-deleted", { client: shown, ...asker });
      registry.end(session);
    }
    return { client: shown, disconnected: client !== undefined, sessionDeleted: dropSession };
  };

function unknown({ sessions }: Broker, clientId: string): string {
  const names = [...sessions.keys().take(maxNames)];
  const guess = nearest(clientId, names);
  const hint = guess === undefined ? "" : `; did you mean "${printable(guess, 200)}"?`;
  return `no client with the identifier "${printable(clientId, 200)}" has a session here${hint}`;
}
