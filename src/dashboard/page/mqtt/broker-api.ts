// The answers of the broker's views and actions, as far as the page uses them.

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
  /** Whether there are more topics than these. */
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

/** A message about a publication. The broker's result may have a count of the subscribers it reached. */
export function describeResult(topic: string, result: unknown): string {
  const reached = countIn(result);
  if (reached === undefined) return `Published to ${topic}.`;
  if (reached === 0) return `Published to ${topic}: it found no subscriber.`;
  return `Published to ${topic}: it reached ${reached} subscriber${reached === 1 ? "" : "s"}.`;
}

function countIn(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const entries = Object.entries(result);
  const found = entries.find(([name]) => ["subscribers", "receivers", "matched", "delivered"].includes(name));
  return typeof found?.[1] === "number" ? found[1] : undefined;
}
