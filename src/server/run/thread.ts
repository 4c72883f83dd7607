import { describeError, StartError } from "../../core/errors.ts";
import type { Logger, LogLevel } from "../../core/log.ts";
import { operationTable } from "../../core/operation.ts";
import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import { ThreadLoads } from "../../core/thread-loads.ts";
import { TrafficHub } from "../../observe/traffic-hub.ts";
import type { Registry } from "../config/plan.ts";
import { BanList } from "../guards/ban-list.ts";
import type { FromThread, StartMessage, ToThread } from "./thread-messages.ts";
import { TrafficRelay } from "./traffic-relay.ts";

/** What the worker's entry injects. */
export interface ThreadRegistry {
  readonly compileOperation: Registry["compileOperation"];
  /** Loads the role's `start`, and no other role, so that a thread holds only the code that it runs. */
  readonly findStart: (role: string) => Promise<Role["start"]> | undefined;
}

/**
 * The worker's side of a service in threads: starts the role that the main thread names, and posts its log, traffic
 * and failures. The role does not know that it runs in a thread.
 * @param send posts a message to the main thread
 * @param exit ends the thread
 */
export function serveThread(
  registry: ThreadRegistry,
  send: (message: FromThread) => void,
  exit: () => void,
): (message: ToThread) => Promise<void> {
  const hub = new TrafficHub();
  const relay = new TrafficRelay(hub, send);
  /** Messages arrive in the order in which they were posted: what has happened before comes first. */
  const post = (message: FromThread) => {
    relay.flush();
    send(message);
  };
  const bans = new BanList();
  let service: RunningService | undefined;
  return async (message) => {
    switch (message.kind) {
      case "start":
        relay.share(message.inFlight);
        relay.setRates(message.rates);
        for (const ban of message.bans ?? []) bans.add(ban);
        service = await start(registry, message, hub, bans, post);
        if (service === undefined) exit();
        return;
      case "rates":
        return relay.setRates(message.rates);
      case "bans":
        return bans.apply(message.change);
      case "read":
        post({
          kind: "stats",
          id: message.id,
          stats: { ...service?.stats() },
          clients: service?.clients?.() ?? [],
          problems: service?.problems?.() ?? [],
        });
        return;
      case "renew-tls":
        post({ kind: "renewed-tls", id: message.id, result: await renewTls(service, message.config) });
        return;
      case "stop":
        await service?.stop(AbortSignal.timeout(message.graceMs));
        post({ kind: "stopped" });
        exit();
        return;
    }
  };
}

async function renewTls(service: RunningService | undefined, config: unknown): Promise<boolean | string> {
  try {
    return (await service?.renewTls?.(config)) ?? false;
  } catch (error) {
    return describeError(error);
  }
}

async function start(
  registry: ThreadRegistry,
  message: StartMessage,
  hub: TrafficHub,
  bans: BanList,
  post: (message: FromThread) => void,
): Promise<RunningService | undefined> {
  try {
    const startRole = await registry.findStart(message.role);
    if (startRole === undefined) throw new Error(`the role "${message.role}" is not made for threads`);
    const service = await startRole(contextOf(registry, message, hub, bans, post), message.config);
    post({ kind: "started", addresses: service.addresses });
    return service;
  } catch (error) {
    const code = error instanceof StartError ? error.code : "failed";
    post({ kind: "refused", code, message: describeError(error) });
    return undefined;
  }
}

function contextOf(
  registry: ThreadRegistry,
  message: StartMessage,
  hub: TrafficHub,
  bans: BanList,
  post: (message: FromThread) => void,
): RoleContext {
  const line =
    (level: LogLevel): Logger["info"] =>
    (text, fields) =>
      post({ kind: "log", level, message: text, fields });
  return {
    service: message.service,
    version: message.version,
    log: { debug: line("debug"), info: line("info"), warning: line("warning"), error: line("error") },
    traffic: hub.service(message.service),
    operations: operationTable(message.operations.map(registry.compileOperation)),
    thread: message.thread,
    joins: message.joins,
    descriptors: message.descriptors,
    loads: new ThreadLoads(message.loads),
    guards: message.bans && { bans },
    fail: (error) => post({ kind: "failed", message: describeError(error) }),
  };
}
