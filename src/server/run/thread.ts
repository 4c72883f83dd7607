import { describeError, StartError } from "../../core/errors.ts";
import type { Logger, LogLevel } from "../../core/log.ts";
import { operationTable } from "../../core/operation.ts";
import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import { TrafficHub } from "../../observe/traffic-hub.ts";
import type { Parts } from "../config/plan.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

type Start = Extract<ToThread, { kind: "start" }>;

/** What a worker's entry hands over. */
export interface ThreadParts {
  readonly compileOperation: Parts["compileOperation"];
  /** The role's `start`; it is loaded when it is asked for, so that a thread holds no more than it runs. */
  readonly findStart: (role: string) => Promise<Role["start"]> | undefined;
}

/**
 * The worker's side of a service in threads: starts the role that the main thread names, and tells it what
 * happens. The role notices nothing.
 * @param exit ends the thread
 */
export function serveThread(
  parts: ThreadParts,
  post: (message: FromThread) => void,
  exit: () => void,
): (message: ToThread) => Promise<void> {
  let service: RunningService | undefined;
  return async (message) => {
    switch (message.kind) {
      case "start":
        service = await start(parts, message, post);
        if (service === undefined) exit();
        return;
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
  parts: ThreadParts,
  message: Start,
  post: (message: FromThread) => void,
): Promise<RunningService | undefined> {
  try {
    const startRole = await parts.findStart(message.role);
    if (startRole === undefined) throw new Error(`the role "${message.role}" is not made for threads`);
    const service = await startRole(contextOf(parts, message, post), message.config);
    post({ kind: "started", addresses: service.addresses });
    return service;
  } catch (error) {
    const code = error instanceof StartError ? error.code : "failed";
    post({ kind: "refused", code, message: describeError(error) });
    return undefined;
  }
}

function contextOf(parts: ThreadParts, message: Start, post: (message: FromThread) => void): RoleContext {
  const hub = new TrafficHub();
  if (Object.keys(message.appetite).length > 0) {
    hub.add({
      appetite: message.appetite,
      observe: (event) => post({ kind: "traffic", event }),
      leftOut: (_, traffic, count) => post({ kind: "left-out", traffic, count }),
    });
  }
  const line =
    (level: LogLevel): Logger["info"] =>
    (text, fields) =>
      post({ kind: "log", level, message: text, fields });
  return {
    service: message.service,
    log: { debug: line("debug"), info: line("info"), warning: line("warning"), error: line("error") },
    traffic: hub.service(message.service),
    operations: operationTable(message.operations.map(parts.compileOperation)),
    thread: message.thread,
    joins: message.joins,
    fail: (error) => post({ kind: "failed", message: describeError(error) }),
  };
}
