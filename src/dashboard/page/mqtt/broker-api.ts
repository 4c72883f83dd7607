/** What the broker's views tell, as far as the page shows it. */
export interface TopicInfo {
  readonly topic: string;
  /** The last payload as text. */
  readonly last: string | null;
  readonly size: number;
  readonly qos: number;
  readonly retained: boolean;
  readonly count: number;
  /** Messages a second. */
  readonly rate: number;
  /** Of the last message, in milliseconds since 1970. */
  readonly time: number | null;
}

export interface TopicsView {
  readonly topics: readonly TopicInfo[];
  /** Whether there are more than are told. */
  readonly truncated: boolean;
}

export interface SessionInfo {
  readonly clientId: string;
  readonly connected: boolean;
  readonly remote?: string | null;
  readonly version?: string | number | null;
  readonly username?: string | null;
  readonly subscriptions: number;
  readonly queued: number;
  readonly queuedBytes?: number;
  readonly inflight: number;
  readonly inflightIncoming?: number;
  readonly expiry?: number | string | null;
  readonly connectedAt?: number | string | null;
}

export interface SubscriptionInfo {
  readonly clientId: string;
  readonly filter: string;
  readonly qos: number;
}
