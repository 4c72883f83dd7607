import type { Access } from "../ports/access.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import type { Router } from "../routing/router.ts";
import type { CommitGate } from "../wire/commit-gate.ts";
import type { Counters } from "../wire/counters.ts";
import type { FairShare } from "./fair-share.ts";
import type { QueueExpiry } from "./queue-expiry.ts";
import type { QueuedMemory } from "./queued-memory.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SessionLimits } from "./session-limits.ts";

/** What all sessions of a broker share. */
export interface SessionContext {
  readonly limits: SessionLimits;
  readonly access: Pick<Access, "permissionsOf">;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly counters: Counters;
  readonly router: Router;
  readonly store: Store;
  readonly gate: CommitGate;
  readonly queueExpiry: QueueExpiry;
  readonly fairShare: FairShare;
  /** What waits in the queues of all sessions, what is kept of what is in flight, and delayed wills. */
  readonly queued: QueuedMemory;
}
