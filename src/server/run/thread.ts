import { describeError, StartError } from "../../core/errors.ts";
import type { Logger, LogLevel } from "../../core/log.ts";
import { operationTable } from "../../core/operation.ts";
import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import type { TrafficEvent } from "../../core/traffic.ts";
import { type Appetite, TrafficHub } from "../../observe/traffic-hub.ts";
import type { Registry } from "../config/plan.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

type Start = Extract<ToThread, { kind: "start" }>;

/** What a worker's entry hands over. */
export interface ThreadRegistry {
  readonly compileOperation: Registry["compileOperation"];
  /** The role's `start`; it is loaded when it is asked for, so that a thread holds no more than it runs. */
  readonly findStart: (role: string) => Promise<Role["start"]> | undefined;
}

/**
 * The worker's side of a service in threads: starts the role that the main thread names, and tells it what
 * happens. The role notices nothing.
 * @param exit ends the thread
 */
export function serveThread(
  registry: ThreadRegistry,
  post: (message: FromThread) => void,
  exit: () => void,
): (message: ToThread) => Promise<void> {
  const hub = new TrafficHub();
  const setAppetite = tellTraffic(hub, post);
  let service: RunningService | undefined;
  return async (message) => {
    switch (message.kind) {
      case "start":
        setAppetite(message.appetite);
        service = await start(registry, message, hub, post);
        if (service === undefined) exit();
        return;
      case "appetite":
        return setAppetite(message.appetite);
      case "read":
        post({
          kind: "reading",
          id: message.id,
          stats: { ...service?.stats() },
          clients: service?.clients?.() ?? [],
        });
        return;
      case "stop":
        await service?.stop(AbortSignal.timeout(message.graceMs));
        post({ kind: "stopped" });
        exit();
        return;
    }
  };
}

async function start(
  registry: ThreadRegistry,
  message: Start,
  hub: TrafficHub,
  post: (message: FromThread) => void,
): Promise<RunningService | undefined> {
  try {
    const startRole = await registry.findStart(message.role);
    if (startRole === undefined) throw new Error(`the role "${message.role}" is not made for threads`);
    const service = await startRole(contextOf(registry, message, hub, post), message.config);
    post({ kind: "started", addresses: service.addresses });
    return service;
  } catch (error) {
    const code = error instanceof StartError ? error.code : "failed";
    post({ kind: "refused", code, message: describeError(error) });
    return undefined;
  }
}

/**
 * Posts what the hub samples; a thread that nobody observes has no observer, and no timer either.
 * @returns what is to be called with each new appetite
 */
function tellTraffic(hub: TrafficHub, post: (message: FromThread) => void): (appetite: Appetite) => void {
  let leave = () => {};
  return (appetite) => {
    leave();
    leave = () => {};
    if (Object.keys(appetite).length === 0) return;
    leave = hub.add({
      appetite,
      observe: (event) => post({ kind: "traffic", event: withOwnBytes(event) }),
      leftOut: (_, traffic, count) => post({ kind: "left-out", traffic, count }),
    });
  };
}

/** A view takes all of the buffer below it along when it is posted. */
function withOwnBytes(event: TrafficEvent): TrafficEvent {
  if (!("bytes" in event) || event.bytes === undefined) return event;
  return { ...event, bytes: new Uint8Array(event.bytes) };
}

function contextOf(
  registry: ThreadRegistry,
  message: Start,
  hub: TrafficHub,
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
    fail: (error) => post({ kind: "failed", message: describeError(error) }),
  };
}
