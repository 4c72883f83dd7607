import { resolve } from "node:path";
import { loadPlan } from "../config/load.ts";
import type { Plan, Registry } from "../config/plan.ts";
import { readPlan } from "../config/read-file.ts";
import { captureMap } from "../config/schema.ts";
import type { Selection } from "../config/selection.ts";
import type { ServerIo } from "../io.ts";

export interface PlanOptions extends Selection {
  /** Absent: the lab profile inside the binary, on 127.0.0.1 only. */
  readonly config?: string | undefined;
  /** `key.key=value`, later ones win. */
  readonly set: readonly string[];
  /** Added to every port of the file. */
  readonly portOffset?: number | undefined;
  /** Where to capture to, as the user gave it; it goes before the file's own. */
  readonly capture?: string | undefined;
}

/** The plan that the command line asks for. @throws {ConfigError} with every mistake in it */
export function planOf({ capture, ...options }: PlanOptions, registry: Registry, io: ServerIo): Plan {
  const plan = readPlanOf(options, registry, io);
  if (capture === undefined) return plan;
  const file = resolve(capture);
  const others = plan.settings.capture ?? captureMap.parse({ file });
  return { ...plan, settings: { ...plan.settings, capture: { ...others, file } } };
}

function readPlanOf({ config, set, ...options }: PlanOptions, registry: Registry, io: ServerIo): Plan {
  const { environment, labYaml } = io;
  if (config !== undefined)
    return readPlan({ file: config, environment, overrides: set, ...options }, registry);
  // Without a file of the user's the lab is reachable from this machine only.
  const overrides = ["host=127.0.0.1", ...set];
  return loadPlan(
    { file: "lab.yaml (built in)", source: labYaml, environment, overrides, ...options },
    registry,
  );
}
