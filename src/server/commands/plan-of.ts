import { resolve } from "node:path";
import { ConfigError } from "../config/diagnostic.ts";
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
  /** Also write a script for Wireshark beside the capture. */
  readonly captureLua?: boolean | undefined;
}

/** The plan that the command line asks for. @throws {ConfigError} with every mistake in it */
export function planOf(
  { capture: path, captureLua = false, ...options }: PlanOptions,
  registry: Registry,
  io: ServerIo,
): Plan {
  const plan = readPlanOf(options, registry, io);
  if (path === undefined && !captureLua) return plan;
  const file = path === undefined ? plan.settings.capture?.file : resolve(path);
  if (file === undefined) throw new ConfigError(plan.file, "", [noCaptureForLua]);
  const others = plan.settings.capture ?? captureMap.parse({ file });
  const capture = { ...others, file, ...(captureLua && { lua: true }) };
  return { ...plan, settings: { ...plan.settings, capture } };
}

const noCaptureForLua = {
  path: "capture",
  message:
    "--capture-lua writes a script beside a capture, and there is none: name its file by --capture FILE",
};

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
