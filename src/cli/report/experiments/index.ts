import { nearest } from "../../../core/nearest.ts";
import { UsageError } from "../../program/errors.ts";
import { callExperiments } from "./call-experiments.ts";
import type { Experiment } from "./experiment.ts";
import { messageExperiments } from "./message-experiments.ts";
import { tcpExperiments } from "./tcp-experiments.ts";

export const experiments: readonly Experiment[] = [
  ...tcpExperiments,
  ...callExperiments,
  ...messageExperiments,
];

/** Those with these names, in this order; `all` is all of them. @throws {UsageError} for a name that none has */
export function experimentsNamed(names: readonly string[]): Experiment[] {
  return names.flatMap((name) => {
    if (name === "all") return experiments;
    const found = experiments.find((experiment) => experiment.name === name);
    if (found !== undefined) return [found];
    const known = experiments.map((experiment) => experiment.name);
    const close = nearest(name, known);
    const hint = close === undefined ? `there are ${known.join(", ")}, and all` : `did you mean ${close}?`;
    throw new UsageError(`There is no experiment ${name}: ${hint}`);
  });
}
