import { onTestFinished } from "bun:test";
import type { Logger, LogLevel } from "../../src/core/log.ts";
import { type Operation, operationTable } from "../../src/core/operation.ts";
import type { Role, RoleContext, RunningService } from "../../src/core/role.ts";
import { type Traffic, type TrafficEvent, type TrafficKind, unobserved } from "../../src/core/traffic.ts";
import { seenTraffic } from "./seen-traffic.ts";

export interface StartRoleOptions {
  readonly service?: string;
  readonly operations?: readonly Operation[];
  /** Collects traffic events into `started.events`: of these kinds, or of all but half-closes. */
  readonly observe?: boolean | readonly TrafficKind[];
  readonly guards?: RoleContext["guards"];
  /** Lines of these levels do not fail the test. */
  readonly expectLog?: readonly LogLevel[];
}

export interface StartedRole<C> {
  readonly service: RunningService<C>;
  /** The port of the first address. */
  readonly port: number;
  readonly log: readonly string[];
  readonly events: readonly TrafficEvent[];
  /** What the service reported through `fail`. */
  readonly failures: readonly Error[];
}

const noBytes = new Uint8Array();

/**
 * Runs a role as the supervisor would, on a free port of 127.0.0.1, and stops it when the test ends.
 * A warning or an error that the test does not expect fails the test by itself.
 */
export async function startRole<C>(
  role: Role<C>,
  config: Record<string, unknown> = {},
  options: StartRoleOptions = {},
): Promise<StartedRole<C>> {
  const log: string[] = [];
  const complaints: string[] = [];
  const events: TrafficEvent[] = [];
  const failures: Error[] = [];
  const line = (level: LogLevel) => (message: string) => {
    log.push(`${level} ${message}`);
    const isSevere = level === "warning" || level === "error";
    if (isSevere && options.expectLog?.includes(level) !== true) complaints.push(`${level}: ${message}`);
  };
  const logger: Logger = {
    debug: line("debug"),
    info: line("info"),
    warning: line("warning"),
    error: line("error"),
  };
  const traffic: Traffic = options.observe
    ? seenTraffic(
        (event) =>
          events.push("bytes" in event ? { ...event, bytes: new Uint8Array(event.bytes ?? noBytes) } : event),
        options.observe === true ? undefined : options.observe,
      )
    : unobserved;
  const context: RoleContext = {
    service: options.service ?? role.name,
    version: "0.0.0",
    log: logger,
    traffic,
    operations: operationTable(options.operations ?? []),
    thread: 0,
    joins: false,
    guards: options.guards,
    fail: (error) => failures.push(error),
  };
  const parsed = role.config.parse({ host: "127.0.0.1", port: 0, ...config });
  const service = await role.start(context, parsed);
  onTestFinished(async () => {
    await service.stop(AbortSignal.abort());
    if (complaints.length > 0) throw new Error(`unexpected log lines:\n${complaints.join("\n")}`);
  });
  return { service, port: service.addresses[0]?.port ?? 0, log, events, failures };
}
