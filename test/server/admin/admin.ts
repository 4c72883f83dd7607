import { onTestFinished } from "bun:test";
import { z } from "zod";
import type { Audit } from "../../../src/core/audit.ts";
import type { Logger } from "../../../src/core/log.ts";
import { type Problem, problem } from "../../../src/core/problem.ts";
import type { Role } from "../../../src/core/role.ts";
import { History, type HistoryOptions } from "../../../src/observe/history.ts";
import { RateHistory } from "../../../src/observe/rate-history.ts";
import { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { AdminUsers } from "../../../src/server/admin/admin-users.ts";
import { adminApp } from "../../../src/server/admin/app.ts";
import type { AdminContext } from "../../../src/server/admin/context.ts";
import type { LocalUser } from "../../../src/server/admin/local-users.ts";
import { ProcessGuards } from "../../../src/server/guards/process-guards.ts";
import { Supervisor } from "../../../src/server/run/supervisor.ts";
import { type FakeService, fakeRegistry, fakeRole, load } from "../../support/registry.ts";
import { maxWait } from "../../support/until.ts";

export const secret = "correct horse battery staple";

/** A role with a password, a view and two actions. */
function vault(): Role<{ port: number; password: string }> {
  return {
    name: "vault",
    summary: "keeps a secret",
    config: z.strictObject({ port: z.int().default(0), password: z.string().meta({ secret: true }) }),
    example: (_, [address]) => `knock ${address?.host}:${address?.port}`,
    async start() {
      return {
        addresses: [{ transport: "tcp", host: "0.0.0.0", port: 4711 }],
        stats: () => ({ connections: 2, bytes_received_total: 10, knocks_total: 3 }),
        clients: () => ["10.0.0.7:4011", "10.0.0.8:4012"],
        problems: () => [problem("nobody-knocked", "nobody has knocked for a while", { minutes: 5 })],
        views: {
          doors: (query) => ({ asked: query }),
          broken: () => {
            throw new Error('there is no door "x"; there are a and b');
          },
        },
        actions: {
          knock(input) {
            if (typeof input !== "object") throw new Error("the input must be a map");
            return { knocked: input };
          },
          nothing: () => undefined,
        },
        dataDirectory: "/var/lib/vault",
        stop: async () => {},
      };
    },
  };
}

const yaml = `
services:
  echo:
  vault: { password: ${secret} }
  other: { role: echo }
`;

export interface TestAdminOptions {
  /** Whose connections all are. */
  readonly localUser?: LocalUser;
  readonly audit?: Audit;
  readonly config?: Partial<AdminContext["config"]>;
  readonly history?: Partial<HistoryOptions>;
  readonly tries?: AdminContext["tries"];
  readonly dashboard?: AdminContext["dashboard"];
  readonly metrics?: AdminContext["metrics"];
  readonly reload?: AdminContext["reload"];
  readonly copyStore?: AdminContext["copyStore"];
  readonly startedAt?: number;
  readonly problems?: readonly Problem[];
}

/** The admin service of a small lab, without a port. */
export async function testAdmin(options: TestAdminOptions = {}) {
  const running: FakeService[] = [];
  const log: string[] = [];
  const line = (message: string) => void log.push(message);
  const logger: Logger = { debug: line, info: line, warning: line, error: line };
  const hub = new TrafficHub();
  const history = new History({ idle: {}, onRatesChange: () => hub.updateRates(), ...options.history });
  const leave = hub.add(history);
  const plan = load(yaml, fakeRegistry(fakeRole("echo", [], running), vault()));
  const supervisor = new Supervisor(plan, {
    logger: () => logger,
    hub,
    version: "0.0.0",
    spawnWorker: () => {
      throw new Error("no threads here");
    },
  });
  await supervisor.start();
  const guards = new ProcessGuards(plan.settings, logger);
  const rates = new RateHistory();
  const stopping = new AbortController();
  const drained: string[] = [];
  const config = { host: "127.0.0.1", port: 8088, hosts: [], users: [], ...options.config };
  const users = new AdminUsers(config);
  const app = adminApp({
    config,
    users,
    whoIs: async () => options.localUser ?? { name: "ani", isTrusted: true },
    ...(options.audit && { audit: options.audit }),
    names: { distsrv: "./distsrv", distcli: "./distcli" },
    version: "1.2.3",
    supervisor,
    hub,
    history,
    rates,
    bans: guards.bans,
    logins: guards.logins,
    log: logger,
    stopping: stopping.signal,
    drain: (reason) => void drained.push(reason),
    reload: options.reload ?? (async () => ({ services: [], changed: [], notApplied: [], failed: [] })),
    copyStore: options.copyStore ?? (() => new ReadableStream()),
    metrics: options.metrics ?? (async () => "metrics\n"),
    ...(options.tries && { tries: options.tries }),
    ...(options.dashboard && { dashboard: options.dashboard }),
    health: {
      problems: () => options.problems ?? [],
      lostLogLines: () => ({ output: 0, file: 0 }),
      capture: () => undefined,
      descriptors: () => ({ open: 10, limit: 64 }),
      guards: () => guards.numbers(),
    },
    facts: () => ({
      pid: 42,
      startedAt: options.startedAt ?? Date.now() - 5000,
      memory: { rss: 1, heap: 2 },
      cpu: { user: 3, system: 4 },
      platform: "linux x64",
      bun: "1",
    }),
  });
  onTestFinished(async () => {
    stopping.abort();
    leave();
    await supervisor.stop(AbortSignal.timeout(maxWait));
  });
  /** Makes a request like a program on this machine. */
  const ask = async (path: string, init: RequestInit = {}, remote = "127.0.0.1:4711") => {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", "127.0.0.1:8088");
    return await app.request(`http://127.0.0.1:8088${path}`, { ...init, headers }, { remote });
  };
  const post = (path: string, body?: unknown) =>
    ask(path, {
      method: "POST",
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      }),
    });
  return {
    users,
    ask,
    post,
    guards,
    hub,
    history,
    rates,
    running,
    supervisor,
    log,
    drained,
    stopping,
  };
}
