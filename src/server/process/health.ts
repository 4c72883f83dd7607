import type { DescriptorBudget } from "../../core/descriptors.ts";
import type { Problem } from "../../core/problem.ts";
import type { ProcessHealth } from "../admin/context.ts";
import type { ProcessGuards } from "../guards/process-guards.ts";
import type { ServerIo } from "../io.ts";
import { descriptorProblems } from "../run/descriptors.ts";
import type { WrittenFiles } from "./written-files.ts";

export interface HealthSources {
  readonly files: WrittenFiles;
  readonly budget: DescriptorBudget | undefined;
  readonly guards: ProcessGuards;
  readonly descriptors: ServerIo["descriptors"];
  readonly ofAdmin: () => readonly Problem[];
}

/** How the process is, beside its services. */
export function processHealth({ files, budget, guards, descriptors, ofAdmin }: HealthSources): ProcessHealth {
  const { limit, next, open } = descriptors;
  const ofDescriptors = () => budget && descriptorProblems(budget, next());
  return {
    problems: () => [...files.problems(), ...(ofDescriptors() ?? []), ...guards.problems(), ...ofAdmin()],
    capture: () => files.capture?.counts,
    lostLogLines: () => files.lostLines(),
    descriptors: () => ({ open: open(), limit }),
    guards: () => guards.numbers(),
  };
}
