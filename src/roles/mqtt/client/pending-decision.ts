import type { Logger } from "../../../core/log.ts";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Refusal } from "../ports/authentication.ts";

/** The client that a decision is about. */
export interface DecidedClient {
  readonly broker: { readonly log: Logger };
  readonly name: string;
  /** Absent until the client has been let in. */
  readonly session: object | undefined;
  readonly isClosed: boolean;
  hold(): void;
  release(): void;
  fail(error: MqttError): void;
  refuse(refusal: Refusal): void;
  disconnect(reasonCode: number, reasonString: string): void;
}

/**
 * Calls with a decision about a client: at once, or when it has been made. A client that has not been let in is not
 * read until then; one that has goes on meanwhile.
 */
export function awaitDecision<T>(
  client: DecidedClient,
  decision: T | Promise<T>,
  decided: (decision: T) => void,
): void {
  if (!(decision instanceof Promise)) {
    decided(decision);
    return;
  }
  const isHeld = client.session === undefined;
  if (isHeld) client.hold();
  decision
    .then((made) => {
      if (client.isClosed) return;
      decided(made);
      if (isHeld) client.release();
    })
    .catch((error: unknown) => failed(client, error));
}

function failed(client: DecidedClient, error: unknown): void {
  if (error instanceof MqttError) {
    client.fail(error);
    return;
  }
  client.broker.log.error(`Authentication of ${client.name} failed with an error: ${String(error)}`);
  // DISCONNECT has no reason code for a server that cannot decide.
  if (client.session === undefined) client.refuse({ reason: Reason.ServerUnavailable });
  else client.disconnect(Reason.UnspecifiedError, "authentication failed with an error");
}
