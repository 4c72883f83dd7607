/** The limits of what waits for clients. They may change while the broker runs. */
export interface SessionLimits {
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  readonly maxAllQueuedBytes: number;
}
