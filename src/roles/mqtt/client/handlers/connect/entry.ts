import type { Connect } from "../../../../../protocol/mqtt/packet.ts";
import type { Session } from "../../../session/session.ts";
import type { Connection } from "../../connection.ts";

/** A client on its way in. */
export interface Entry {
  readonly connection: Connection;
  readonly packet: Connect;
  /** What the authentication method says last, for CONNACK. */
  readonly authenticationData: Uint8Array | undefined;
  session: Session | undefined;
  sessionPresent: boolean;
  /** Seconds; undefined: as the client asked. */
  serverKeepAlive: number | undefined;
}
