import { ConfigError } from "../config/diagnostic.ts";
import type { Registry } from "../config/plan.ts";
import { readPlan } from "../config/read-file.ts";
import { exitStatus, type ServerIo } from "../io.ts";

/** Checks a file without starting anything. @returns the exit status */
export function check(file: string, overrides: readonly string[], registry: Registry, io: ServerIo): number {
  try {
    const plan = readPlan({ file, environment: io.environment, overrides }, registry);
    const names = plan.services.map(({ name }) => name).join(", ");
    const services = counted(plan.services.length, "service");
    io.stdout.write(
      `${file} is fine: ${services} (${names}), ${counted(plan.definitions.length, "operation")}\n`,
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
