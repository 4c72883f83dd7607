import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Connection } from "./connection.ts";
import { refuse } from "./handlers/connect/refuse.ts";

/**
 * Goes on with a decision about a client: at once, or when it has been made. A client that has not been let in is
 * not read until then; one that is in goes on meanwhile.
 */
export function whenDecided<T>(
  connection: Connection,
  decision: T | Promise<T>,
  goOn: (made: T) => void,
): void {
  if (!(decision instanceof Promise)) {
    goOn(decision);
    return;
  }
  const isHeld = connection.session === undefined;
  if (isHeld) connection.hold();
  decision
    .then((made) => {
      if (connection.state === "closed") return;
      goOn(made);
      if (isHeld) connection.release();
    })
    .catch((error: unknown) => giveUp(connection, error));
}

function giveUp(connection: Connection, error: unknown): void {
  if (error instanceof MqttError) {
    connection.fail(error);
    return;
  }
  connection.broker.log.error(`Cannot decide whether ${connection.name} may come in: ${String(error)}`);
  // DISCONNECT has no word for a server that cannot.
  if (connection.session === undefined) refuse(connection, { reason: Reason.ServerUnavailable });
  else connection.disconnect(Reason.UnspecifiedError, "it cannot be decided about");
}
