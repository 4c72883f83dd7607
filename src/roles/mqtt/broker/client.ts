import type { Conversation } from "../../../core/traffic.ts";
import type { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Version, Will } from "../../../protocol/mqtt/packet.ts";
import type { Identity, ListenerAccess } from "../ports/access.ts";
import type { Session } from "../session/session.ts";

/** All that the broker, and whoever looks into it, knows of a client's connection. */
export interface Client {
  /** Absent until the client has been let in. */
  readonly session: Session | undefined;
  readonly identity: Identity;
  /** Whom the listener that it came to lets in. */
  readonly listenerAccess: ListenerAccess;
  /** The user name that it has proved, by a password, a token or a certificate. */
  readonly provedName: string | undefined;
  readonly version: Version;
  readonly conversation: Conversation;
  /** It speaks TLS. */
  readonly isEncrypted: boolean;
  /** `client "x" at 127.0.0.1:4711`, for a person to read. */
  readonly name: string;
  /** No CONNECT has come from it yet. */
  readonly isNew: boolean;
  readonly isClosed: boolean;
  /** When it connected, on the broker's clock. */
  readonly since: number;
  /** When it last gave a sign of life. */
  lastSeen: number;
  /** Milliseconds of silence after which it is taken for dead; 0 is never. */
  readonly keepAliveTimeout: number;
  /** Milliseconds that it has for its CONNECT. */
  readonly connectTimeout: number;
  /** It publishes faster than it may, and is not read for a while. */
  readonly isThrottled: boolean;
  /** Bytes that the network has not taken from the broker. */
  readonly sendBacklog: number;
  will: Will | undefined;
  /** The rules have changed: what it may publish has to be found out anew. */
  forgetLastTopic(): void;
  /** Closes the connection for what the client did, and says why where the protocol allows. */
  fail(error: MqttError): void;
  /** Closes the connection with a reason of DISCONNECT. */
  disconnect(reasonCode: number, reasonString: string, serverReference?: string): void;
  close(): void;
}
