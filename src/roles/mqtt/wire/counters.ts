import type { Packet } from "../../../protocol/mqtt/packet.ts";
import { isFailure, Reason } from "../../../protocol/mqtt/reason.ts";

/** Why a message did not reach a subscriber, or was not kept. */
export type DropCause =
  | "slow"
  | "queue_full"
  | "too_large"
  | "expired"
  | "not_authorized"
  | "invalid_payload"
  | "retained_full"
  | "store_full";

// Before MQTT 5 CONNACK has return codes of its own: 4 and 5 are about the password and the permission.
const authenticationFailures: ReadonlySet<number> = new Set([
  ...[4, 5],
  ...[Reason.BadUserNameOrPassword, Reason.NotAuthorized, Reason.Banned, Reason.BadAuthenticationMethod],
]);

/**
 * What has happened since the broker started. The fields that count messages are plain numbers, because every message
 * adds to them.
 */
export class Counters {
  /** PUBLISH packets and the bytes of their payloads. */
  received = 0;
  sent = 0;
  payloadIn = 0;
  payloadOut = 0;
  /** Packets of all other types. */
  controlsIn = 0;
  controlsOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Messages that did not reach a subscriber or were not kept, whatever the cause. */
  dropped = 0;
  /** Connections accepted. */
  accepted = 0;
  /** CONNECT packets, whatever became of them. */
  connects = 0;
  /** Clients that had been let in and are gone. */
  disconnects = 0;
  /** How often a client was throttled, because it published faster than it may. */
  throttled = 0;
  /** Errors of the program itself. */
  internalErrors = 0;
  /** Sessions that ended because they expired, or because others needed their place. */
  sessionsExpired = 0;
  #refused = 0;
  #authenticationFailures = 0;
  #protocolErrors = 0;
  #keepAliveTimeouts = 0;
  #takeovers = 0;
  readonly #droppedBy: Record<DropCause, number> = {
    slow: 0,
    queue_full: 0,
    too_large: 0,
    expired: 0,
    not_authorized: 0,
    invalid_payload: 0,
    retained_full: 0,
    store_full: 0,
  };

  drop(cause: DropCause, count = 1): void {
    this.dropped += count;
    this.#droppedBy[cause] += count;
  }

  /** A packet of any type but PUBLISH has been sent. */
  sentControl(packet: Packet): void {
    this.controlsOut++;
    if (packet.type !== "connack" || packet.reasonCode === Reason.Success) return;
    this.#refused++;
    if (authenticationFailures.has(packet.reasonCode)) this.#authenticationFailures++;
  }

  /** A connection is closed for what its client did. */
  failed(reason: number): void {
    if (reason === Reason.SessionTakenOver) this.#takeovers++;
    else if (reason === Reason.KeepAliveTimeout) this.#keepAliveTimeouts++;
    else if (isFailure(reason)) this.#protocolErrors++;
  }

  /** By the names that metrics have. */
  report(): Record<string, number> {
    const dropped = Object.entries(this.#droppedBy).map(([cause, count]) => [
      `dropped_${cause}_total`,
      count,
    ]);
    return {
      connections_total: this.accepted,
      connects_total: this.connects,
      connects_refused_total: this.#refused,
      authentication_failures_total: this.#authenticationFailures,
      disconnects_total: this.disconnects,
      takeovers_total: this.#takeovers,
      keep_alive_timeouts_total: this.#keepAliveTimeouts,
      protocol_errors_total: this.#protocolErrors,
      sessions_expired_total: this.sessionsExpired,
      internal_errors_total: this.internalErrors,
      throttled_total: this.throttled,
      messages_received_total: this.received,
      messages_sent_total: this.sent,
      payload_bytes_received_total: this.payloadIn,
      payload_bytes_sent_total: this.payloadOut,
      packets_received_total: this.received + this.controlsIn,
      packets_sent_total: this.sent + this.controlsOut,
      bytes_received_total: this.bytesIn,
      bytes_sent_total: this.bytesOut,
      dropped_total: this.dropped,
      ...Object.fromEntries(dropped),
    };
  }
}
