import { hostOf } from "../../../core/address.ts";
import type { Audit, AuditEvent, AuditFields } from "../../../core/audit.ts";
import { LogLimiter } from "../../../core/log-limiter.ts";
import { versionNames } from "../../../protocol/mqtt/describe.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Client } from "./client.ts";

export type RefusedAction = "publish" | "subscribe";

/** Events of those who are refused, in a minute: strangers must not be able to fill a disk. */
const maxRefusals = 1000;

/** The part of a client that an audit names. */
export type AuditedClient = Pick<
  Client,
  "identity" | "provedName" | "conversation" | "version" | "isEncrypted"
>;

/** Records who comes and who is refused. Nothing is built where nobody asked for an audit. */
export class ClientAudit {
  readonly #audit: Audit | undefined;
  readonly #limiter: LogLimiter;

  constructor(audit: Audit | undefined, now: () => number) {
    this.#audit = audit;
    this.#limiter = new LogLimiter(now, maxRefusals);
  }

  /** What becomes of a client that is let in, or of its session. */
  record(event: AuditEvent, client: AuditedClient, more: AuditFields = {}): void {
    this.#audit?.(event, { ...clientFields(client), ...more });
  }

  /** What somebody has asked for. */
  recordAction(event: AuditEvent, fields: AuditFields): void {
    this.#audit?.(event, fields);
  }

  /** Once a minute for the same host, user and reason: who tries again and again is counted. */
  refused(client: AuditedClient, reason: string): void {
    if (this.#audit === undefined) return;
    const { identity, conversation } = client;
    const host = hostOf(conversation.remote);
    this.#limited("client-refused", client, `${host} ${reason}\0${identity.username ?? ""}`, { reason });
  }

  /** Called when it happens first. */
  refusedTopic(client: AuditedClient, action: RefusedAction, topic: string): void {
    if (this.#audit === undefined) return;
    const key = `${action} ${client.identity.clientId}\0${topic}`;
    this.#limited(`${action}-refused`, client, key, { topic: printable(topic, 1000) });
  }

  #limited(event: AuditEvent, client: AuditedClient, key: string, more: AuditFields): void {
    const left = this.#limiter.admit(key);
    if (left === undefined) return;
    this.record(event, client, { ...more, ...(left > 0 && { leftOutBefore: left }) });
  }
}

function clientFields({
  identity,
  provedName,
  conversation,
  version,
  isEncrypted,
}: AuditedClient): AuditFields {
  const { clientId, username, isCertified } = identity;
  const { remote: address, transport } = conversation;
  return {
    client: printable(clientId, 1000),
    username: username === undefined ? undefined : printable(username, 1000),
    /** Where nobody has to prove a name, anybody can give any. */
    ...(username !== undefined && { proved: provedName !== undefined }),
    address,
    transport,
    tls: isEncrypted,
    ...(isCertified && { certificate: true }),
    version: versionNames[version],
  };
}
