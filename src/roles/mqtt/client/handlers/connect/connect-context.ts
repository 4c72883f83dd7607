import type { Connect } from "../../../../../protocol/mqtt/packet.ts";
import type { Session } from "../../../session/session.ts";
import type { Connection } from "../../connection.ts";

/** A CONNECT that has been accepted, on its way to CONNACK. */
export interface ConnectContext {
  readonly connection: Connection;
  readonly packet: Connect;
  /** The last data of the authentication method, for CONNACK. */
  readonly authenticationData: Uint8Array | undefined;
  session: Session | undefined;
  sessionPresent: boolean;
  /** Seconds; undefined: as the client asked. */
  serverKeepAlive: number | undefined;
}
