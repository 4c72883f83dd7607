import { z } from "zod";
import { StartError } from "../../src/core/errors.ts";
import type { Role, RoleContext, RunningService } from "../../src/core/role.ts";
import { compileOperation } from "../../src/protocol/calculator/compile.ts";
import { ConfigError } from "../../src/server/config/diagnostic.ts";
import type { LoadOptions } from "../../src/server/config/load.ts";
import { loadPlan } from "../../src/server/config/load.ts";
import type { Plan, Registry } from "../../src/server/config/plan.ts";

export interface FakeService {
  readonly service: string;
  readonly context: RoleContext;
  stopped: boolean;
  /** The next start of the same service finds its port in use. */
  refuseNext: boolean;
}

export interface FakeConfig {
  readonly port: number;
  readonly refuse: boolean;
  readonly failEarly: number;
  readonly stubborn: boolean;
}

/** A role that opens no port and records its starts and stops. */
export function fakeRole(
  name: string,
  journal: string[] = [],
  running: FakeService[] = [],
): Role<FakeConfig> {
  return {
    name,
    summary: `the role ${name}`,
    config: z.strictObject({
      host: z.string().default("127.0.0.1"),
      port: z.int().min(0).max(65535).default(0),
      refuse: z.boolean().default(false),
      /** How often it fails during its start. */
      failEarly: z.int().default(0),
      /** Ignores the deadline of a stop. */
      stubborn: z.boolean().default(false),
    }),
    async start(context, config): Promise<RunningService<never>> {
      const last = running.findLast(({ service }) => service === context.service);
      const refuse = config.refuse || last?.refuseNext === true;
      if (last !== undefined) last.refuseNext = false;
      if (refuse)
        throw new StartError("port-in-use", `Cannot start "${context.service}": the port is in use`);
      journal.push(`start ${context.service}`);
      const entry: FakeService = { service: context.service, context, stopped: false, refuseNext: false };
      running.push(entry);
      const starts = running.filter(({ service }) => service === context.service).length;
      if (starts <= config.failEarly) context.fail(new Error("failed while it started"));
      return {
        addresses: [{ transport: "tcp", host: "127.0.0.1", port: config.port || 40_000 + running.length }],
        stats: () => ({ starts: running.length }),
        async stop() {
          if (config.stubborn) return await new Promise(() => {});
          if (entry.stopped) return;
          entry.stopped = true;
          journal.push(`stop ${context.service}`);
        },
      };
    },
  };
}

export function fakeRegistry(...roles: Role[]): Registry {
  return {
    roles,
    compileOperation,
    unmetTls: () => [],
    reservedReason: (name) => (name === "docs" ? "a test says so" : undefined),
  };
}

export function load(source: string, registry: Registry, options: Partial<LoadOptions> = {}): Plan {
  return loadPlan({ file: "lab.yaml", source, environment: {}, ...options }, registry);
}

/** The report of an invalid configuration. */
export function reportOf(source: string, registry: Registry, options: Partial<LoadOptions> = {}): string {
  try {
    load(source, registry, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.report();
    throw error;
  }
  throw new Error("the configuration was accepted");
}
