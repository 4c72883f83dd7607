import { ConfigError } from "../config/diagnostic.ts";
import type { Registry } from "../config/plan.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { whyNoCapture } from "../run/capture-control.ts";
import { type PlanOptions, planOf } from "./plan-of.ts";

/** Checks a file, or the profile inside the binary, without starting anything. @returns the exit status */
export function check(options: PlanOptions, registry: Registry, io: ServerIo): number {
  try {
    const plan = planOf(options, registry, io);
    const { capture } = plan.settings;
    const why = capture && whyNoCapture(capture, io.environment.DISTSRV_STATE_DIR);
    if (why !== undefined) {
      io.err(`${why}\n`);
      return exitStatus.failed;
    }
    const names = plan.services.map(({ name }) => name).join(", ");
    const moved = options.portOffset ? `; every port is ${options.portOffset} higher` : "";
    const services = counted(plan.services.length, "service");
    io.stdout.write(
      `${plan.file} is fine: ${services} (${names}), ${counted(plan.definitions.length, "operation")}${moved}\n`,
    );
    return exitStatus.ok;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(`${error.report()}\n`);
    return exitStatus.usage;
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
