// The answers of the broker's views and actions, as far as the page uses them.

/** A topic as the list shows it. */
export interface TopicInfo {
  /** The name, printable. */
  readonly topic: string;
  /** The name as it is, where that is something else. */
  readonly name?: string;
  /** The last payload as text; null: nothing was published since the broker started. */
  readonly last: string | null;
  readonly size: number;
  readonly qos: number;
  /** Whether it retains a message now. */
  readonly retained: boolean;
  readonly retainedValue: string | null;
  /** The last payload is the one that is retained. */
  readonly isLastRetained: boolean;
  /** Messages, and bytes of their payloads, since the broker started. */
  readonly count: number;
  readonly bytes: number;
  /** Messages and bytes a second. */
  readonly rate: number;
  readonly byteRate: number;
  /** Of the last message, in milliseconds since 1970. */
  readonly time: number | null;
}

export interface TopicsView {
  readonly topics: readonly TopicInfo[];
  /** Topics that the query matches. */
  readonly total: number;
  /** Whether there are more topics than these. */
  readonly truncated: boolean;
}

/** The beginning of a payload. */
export interface Payload {
  /** Base64. */
  readonly payload: string;
  /** Bytes of the whole. */
  readonly size: number;
  readonly qos: number;
}

export interface LastValue extends Payload {
  readonly time: number;
  readonly retain: boolean;
  readonly isRetained: boolean;
}

export interface RetainedValue extends Payload {
  /** Seconds; null: it does not expire. */
  readonly expiresIn: number | null;
}

export interface TopicValue extends Payload {
  readonly time: number;
  readonly retain: boolean;
  /** Messages since the value before, this one included. */
  readonly count: number;
}

export interface TopicPublisher {
  /** Null: the server itself. */
  readonly clientId: string | null;
  readonly messages: number;
  readonly bytes: number;
  readonly time: number;
}

export interface TopicDetails {
  readonly topic: string;
  readonly last: LastValue | null;
  readonly retained: RetainedValue | null;
  readonly count: number;
  readonly bytes: number;
  readonly rate: number;
  readonly byteRate: number;
  /** The oldest first. */
  readonly values: readonly TopicValue[];
  readonly publishers: readonly TopicPublisher[];
  readonly subscribers: readonly SubscriptionInfo[];
  readonly subscriberCount: number;
}

export interface Busy {
  readonly rate: number;
  readonly byteRate: number;
  readonly count: number;
  readonly bytes: number;
}

export interface TopView {
  readonly topics: readonly (Busy & { readonly topic: string })[];
  readonly publishers: readonly (Busy & { readonly clientId: string })[];
}

export interface SessionInfo {
  /** The identifier, printable. */
  readonly clientId: string;
  /** The identifier as it is, where that is something else. */
  readonly id?: string;
  readonly connected: boolean;
  readonly remote?: string | null;
  readonly version?: string | number | null;
  readonly username?: string | null;
  readonly subscriptions: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly inflight: number;
  readonly inflightIncoming: number;
  readonly dropped: number;
  /** Messages since the session began. */
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Messages and bytes a second; null: not known yet. */
  readonly rateIn: number | null;
  readonly byteRateIn: number | null;
  readonly rateOut: number | null;
  readonly byteRateOut: number | null;
  readonly expiry?: number | string | null;
  readonly connectedAt?: number | string | null;
  readonly awayAt?: number | null;
}

export interface SubscriptionInfo {
  readonly clientId: string;
  readonly filter: string;
  readonly qos: number;
}

/** The address of a view with its query. */
export function viewPath(broker: string, view: string, query: Readonly<Record<string, string>> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const search = given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
  return `/api/services/${encodeURIComponent(broker)}/views/${view}${search}`;
}

export const actionPath = (broker: string, action: string): string =>
  `/api/services/${encodeURIComponent(broker)}/actions/${action}`;
