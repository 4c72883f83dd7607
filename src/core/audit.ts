import type { LogFields } from "./log.ts";

/**
 * What somebody may want to know long afterwards: who came and who was refused, and who has changed what. It is written
 * to a file of its own, where the configuration asks for one, and never holds secrets.
 */
export type AuditEvent =
  | "started"
  | "stopping"
  | "stopped"
  | "reloaded"
  | "reload-failed"
  | "service-started"
  | "service-stopped"
  | "service-restarted"
  /** All that it keeps was given to somebody. */
  | "service-copied"
  | "traffic-recorded"
  /** Of an MQTT broker: its clients, with the fields of `clientFields`. */
  | "client-connected"
  | "client-disconnected"
  | "client-refused"
  | "publish-refused"
  | "subscribe-refused"
  | "client-kicked"
  | "session-deleted"
  | "retained-deleted"
  /** By the admin service. Clients' own messages are no part of it. */
  | "message-published"
  | "service-tried"
  | "address-banned"
  | "address-unbanned"
  /** A request to the admin service with a wrong token, or one that its user may not make. */
  | "admin-refused";

/** Structured values; what is undefined is left out. */
export type AuditFields = LogFields;

/** Records an event. It is absent where nobody asked for an audit: `audit?.(...)` then builds nothing. */
export type Audit = (event: AuditEvent, fields: AuditFields) => void;

/** Who has asked for something: an event's fields. */
export interface Asker {
  /** The name of an admin user or, where there is none, what the request came by, e.g. `token` or `SIGHUP`. */
  readonly by: string;
  /** `host:port`; absent: it came from the process itself. */
  readonly from?: string;
}
