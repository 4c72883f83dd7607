import type { Plan, PlannedService } from "../config/plan.ts";

/** What has become of a service when the configuration changed. */
export type ChangeOutcome = "unchanged" | "changed" | "restarted" | "started" | "stopped" | "failed";

export interface ServiceChange {
  readonly name: string;
  readonly outcome: ChangeOutcome;
  /** The settings that changed. */
  readonly keys: readonly string[];
  /** Why it was restarted, why it failed and what runs on, or what is to be known besides. */
  readonly reason?: string;
}

/** The settings of a service that differ, by the names that they have in the file. */
export function changedKeys(before: PlannedService, after: PlannedService): string[] {
  const [old, next] = [Object(before.config) as Fields, Object(after.config) as Fields];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  const keys = names.filter((name) => !Bun.deepEquals(old[name], next[name]));
  if (before.role.name !== after.role.name) keys.unshift("role");
  if (before.restart !== after.restart) keys.push("restart");
  return keys;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether the operations that a service serves have changed. */
export const changesOperations = (before: Plan, after: Plan, { role }: PlannedService): boolean =>
  role.usesOperations === true && !Bun.deepEquals(before.definitions, after.definitions);

/** Whether both configurations want a port or another thing that only one can have: the old service has to go first. */
export function cannotOverlap(before: PlannedService, after: PlannedService): boolean {
  const wanted = new Set(claimsOf(after));
  return claimsOf(before).some((claim) => wanted.has(claim));
}

const claimsOf = (planned: PlannedService): string[] => [
  ...portsOf(planned),
  ...(planned.role.exclusive?.(planned.config) ?? []),
];

/** Of every address: 0.0.0.0 shares its ports with all others. */
function portsOf({ role, config }: PlannedService): string[] {
  const claims = role.ports?.(config) ?? [{ transport: role.transport ?? "tcp", ...Object(config) }];
  // For port 0 a restart takes the port that the first start got.
  return claims.map(({ transport, port }) => `${transport} ${port}`);
}
