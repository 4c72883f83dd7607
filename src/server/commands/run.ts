import { describeError } from "../../core/errors.ts";
import { openLog } from "../../observe/log.ts";
import { logTraffic } from "../../observe/log-traffic.ts";
import { TrafficHub } from "../../observe/traffic-hub.ts";
import { loadPlan } from "../config/load.ts";
import { ConfigError } from "../config/mistake.ts";
import type { Parts, Plan } from "../config/plan.ts";
import { readPlan } from "../config/read-file.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { reportServices } from "../run/report.ts";
import { Supervisor } from "../run/supervisor.ts";
import { startTable } from "../run/table.ts";

export interface RunOptions {
  /** Absent: the lab profile inside the binary, on 127.0.0.1 only. */
  readonly config?: string | undefined;
  /** `key.key=value`, later ones win. */
  readonly set: readonly string[];
}

/** Runs the services until a signal comes. @returns the exit status */
export async function run(options: RunOptions, parts: Parts, io: ServerIo): Promise<number> {
  const plan = planOrReport(options, parts, io);
  if (plan === undefined) return exitStatus.usage;
  const { level, file, messages, format } = plan.settings.log;
  const asText = format === "text" || (format === "auto" && io.isTerminal);
  let log: ReturnType<typeof openLog>;
  try {
    log = openLog({ level, file, format: asText ? "text" : "json", colour: io.colour, write: io.out });
  } catch (error) {
    io.err(`Cannot write the log to ${file}: ${describeError(error)}\n`);
    return exitStatus.failed;
  }
  const hub = new TrafficHub();
  const observer = logTraffic(log.logger, level === "info" || level === "debug" ? messages : 0);
  hub.add(observer);
  const supervisor = new Supervisor(plan, {
    logger: log.logger,
    hub,
    appetite: observer.appetite,
    spawnWorker: io.spawnWorker,
  });
  const own = log.logger("distsrv");
  io.onUncaught((error) => own.error(`A bug, please report it: ${stackOf(error)}`));
  const signalled = stopOnSignal(io, plan, supervisor);
  io.onSignal("report", () => void reportServices(supervisor, log.logger));

  try {
    await supervisor.start();
  } catch (error) {
    io.err(`${describeError(error)}\n`);
    log.close();
    return exitStatus.failed;
  }
  if (asText) io.out(startTable(plan, supervisor.status(), io.colour));
  else
    for (const { name, role, addresses } of supervisor.status())
      own.info("Listening", listening(name, role, addresses));
  own.info(
    `${plan.services.length} services run from ${plan.file}; SIGTERM stops them, SIGUSR2 tells their counters`,
  );

  const clean = await signalled(own.info);
  log.close();
  return clean ? exitStatus.ok : exitStatus.failed;
}

function planOrReport(options: RunOptions, parts: Parts, io: ServerIo): Plan | undefined {
  const { environment } = io;
  try {
    if (options.config !== undefined) {
      return readPlan({ file: options.config, environment, overrides: options.set }, parts);
    }
    // A file opts in to the network; who gives none stays on this machine.
    const overrides = ["host=127.0.0.1", ...options.set];
    return loadPlan({ file: "lab.yaml (built in)", source: io.labYaml, environment, overrides }, parts);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(`${error.report()}\n`);
    return undefined;
  }
}

/** The first signal drains, the second ends at once. The result waits for the first and tells whether all went well. */
function stopOnSignal(io: ServerIo, plan: Plan, supervisor: Supervisor) {
  let asked = false;
  let signal = "";
  const first = new Promise<void>((resolve) => {
    io.onSignal("stop", (name) => {
      if (asked) return io.exit(exitStatus.failed);
      asked = true;
      signal = name;
      resolve();
    });
  });
  return async (tell: (message: string) => void): Promise<boolean> => {
    await first;
    tell(`${signal}: clients have ${plan.settings.grace} ms to be served; a second signal ends at once`);
    try {
      await supervisor.stop(AbortSignal.timeout(plan.settings.grace));
      tell("Stopped");
      return true;
    } catch (error) {
      io.err(`${describeError(error)}\n`);
      return false;
    }
  };
}

function listening(
  service: string,
  role: string,
  addresses: readonly { host: string; port: number; transport: string }[],
) {
  const [first] = addresses;
  return { name: service, role, transport: first?.transport, host: first?.host, port: first?.port };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
