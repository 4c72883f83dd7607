import { describeError, StartError } from "../../core/errors.ts";
import type { Log } from "../../observe/log.ts";
import { withGeneratedToken } from "../admin/generated-token.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan, Registry } from "../config/plan.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { LabProcess } from "../process/lab-process.ts";
import { WrittenFiles } from "../process/written-files.ts";
import { prepared } from "../run/prepare.ts";
import { type PlanOptions, planOf } from "./plan-of.ts";
import { wantedPorts, withoutBusy } from "./skip-busy.ts";

export interface RunOptions extends PlanOptions {
  /** Services whose ports are busy are left out. */
  readonly skipBusy?: boolean | undefined;
}

/** Runs the services until a signal comes. @returns the exit status */
export async function run(options: RunOptions, registry: Registry, io: ServerIo): Promise<number> {
  const whole = orReport(() => planOf(options, registry, io), io);
  if (whole === undefined) return exitStatus.usage;
  const skip = { skipBusy: options.skipBusy === true, isBuiltIn: options.config === undefined };
  const chosen = await withoutBusy(whole, skip, io);
  if (chosen === undefined) return exitStatus.failed;
  const { plan: asked, made } = withGeneratedToken(chosen, io.localUsers !== undefined);
  const { format } = asked.settings.log;
  const asText = format === "text" || (format === "auto" && io.isTerminal);
  const files = WrittenFiles.open(asked.settings, asText, io);
  if (files === undefined) return exitStatus.failed;
  try {
    const { logger } = files.log;
    const plan = orReport(() => prepared(asked, logger), io);
    if (plan === undefined) return exitStatus.failed;
    sayWhatIsLeftOut(whole, plan, files.log);
    const read = () => prepared(planOf(options, registry, io), logger);
    const lab = new LabProcess({
      ...{ plan, files, read, asText, io, settings: whole.settings },
      ...{ madeToken: made, configFile: options.config },
    });
    return await runLab(lab, plan, io);
  } finally {
    await files.close();
  }
}

async function runLab(lab: LabProcess, plan: Plan, io: ServerIo): Promise<number> {
  const noCapture = await lab.beginCapture();
  if (noCapture !== undefined) {
    io.err(`${noCapture}\n`);
    return exitStatus.failed;
  }
  try {
    await lab.start();
  } catch (error) {
    for (const message of await startErrors(error, plan, io)) io.err(`${message}\n`);
    return exitStatus.failed;
  }
  return (await lab.ended()) ? exitStatus.ok : exitStatus.failed;
}

function sayWhatIsLeftOut(whole: Plan, plan: Plan, log: Log): void {
  const left = whole.services.filter(({ name }) => !plan.services.some((other) => other.name === name));
  if (left.length === 0) return;
  const names = left.map(({ name }) => name).join(", ");
  log.logger("distsrv").warning(`Runs without ${names}: their ports are in use`);
}

/** Why nothing was started. With a port in use, the other ports in use are listed, too. Our own are free by now. */
async function startErrors(error: unknown, plan: Plan, io: ServerIo): Promise<string[]> {
  const first = describeError(error);
  if (!(error instanceof StartError && error.code === "port-in-use")) return [first];
  const busy = (await io.busyPorts?.(wantedPorts(plan))) ?? [];
  const messages = busy.map(({ error }) => error.message);
  return messages.length > 0 ? messages : [first];
}

/** @returns undefined where the configuration has a mistake, which has been said */
function orReport(read: () => Plan, io: ServerIo): Plan | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(`${error.report()}\n`);
    return undefined;
  }
}
