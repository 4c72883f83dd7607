import type { LabService } from "../../../core/ports.ts";
import type { Language } from "../../../report/explain/words.ts";

/** Where the lab of an experiment is. */
export interface Target {
  readonly host: string;
  readonly port: (service: LabService) => number;
  /** Tells this run from others at the same broker. */
  readonly run: string;
}

/** One command of distcli. */
export interface ExperimentStep {
  readonly args: (target: Target) => readonly string[];
  /** It runs beside the following ones, which begin once it has printed this; absent: they wait for its end. */
  readonly readyAt?: RegExp;
  /** It runs beside the following ones, which begin at once. */
  readonly isBeside?: true;
}

export interface ExperimentText {
  readonly title: string;
  readonly shows: string;
  /** Questions: what the answers are, only the run can say. */
  readonly lookFor: readonly string[];
}

/** An exercise of the course as data. */
export interface Experiment {
  readonly name: string;
  /** Whose packets are captured. */
  readonly services: readonly LabService[];
  readonly steps: readonly ExperimentStep[];
  readonly text: Readonly<Record<Language, ExperimentText>>;
}
