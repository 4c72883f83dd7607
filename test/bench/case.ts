import type { Need } from "./machine.ts";
import type { Workshop } from "./workshop.ts";

/** A server that is being measured. */
export interface RunningServer {
  readonly port: number;
  /** Absent for a server that somebody else started. */
  readonly pid?: number | undefined;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** What the machine must have for it. */
  readonly needs: readonly Need[];
  start(workshop: Workshop): Promise<RunningServer>;
}

/** Whom distsrv is compared with. */
export interface Rival extends Contender {
  /** The ratio of distsrv's figure to the rival's that is wanted at least; absent: measured for the record. */
  readonly goal?: number | undefined;
}

/** How a server is put to work. */
export interface Load {
  readonly needs: readonly Need[];
  /** @throws {Lacking} when the server has not got what the work is about; any other error: it did it wrong */
  measure(server: RunningServer, seconds: number, workshop: Workshop): Promise<Figures>;
}

/** A server has not got what a work is about: its row is skipped. */
export class Lacking extends Error {
  override readonly name = "Lacking";
}

/** Of one measurement, or the medians over the rounds. */
export interface Figures {
  readonly perSecond: number;
  /** Processor time of the server for one operation, in microseconds; 0 where it cannot be told. */
  readonly cpu: number;
  /** Operations that were never completed, where the work allows that (QoS 0). */
  readonly lost: number;
  /** What else the work measures, such as `p50` and `p99` in microseconds. */
  readonly [name: string]: number;
}

/** What is read off a measurement: a row for each rival. */
export interface Metric {
  /** Follows the case's title, such as "p99". */
  readonly title?: string;
  /** The name of the figure. */
  readonly figure: string;
  readonly unit: string;
  /** Whether more of it is good, or less. */
  readonly better: "more" | "less";
  /** The ratio that is wanted, of distsrv's figure to a rival's, or the rival's own; absent: for the record. */
  readonly goal?: number | "rival";
  /** What distsrv's figure has to stay below, whatever its rivals do: a row of its own. */
  readonly below?: number;
}

/** One work, done by distsrv and by each rival in turn, several rounds. */
export interface Case {
  /** The word on the command line. */
  readonly group: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly ours: Contender;
  readonly rivals: readonly Rival[];
  readonly load: Load;
  /** It takes minutes: measured when it is chosen by its name, or with --full. */
  readonly isHeavy?: boolean;
  /** Each measurement has a server of its own, and none is a warm-up: for memory, and for what ends by itself. */
  readonly isFresh?: boolean;
}

/** Operations a second. */
export const throughput = (unit: string): readonly Metric[] => [
  { figure: "perSecond", unit, better: "more", goal: "rival" },
];

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One line of the result. */
export type Row = { readonly group: string; readonly title: string } & (
  | {
      readonly kind: "ratio";
      /** The title without the metric's. */
      readonly work: string;
      readonly figure: string;
      readonly unit: string;
      readonly better: "more" | "less";
      readonly peer: string;
      readonly ours: Figures;
      readonly theirs: Figures;
      /** Ours to theirs, of the measurements that were neighbours in time. */
      readonly ratio: Spread;
      readonly goal?: number | undefined;
    }
  | {
      readonly kind: "limit";
      readonly unit: string;
      readonly ours: Spread;
      readonly below: number;
    }
  | { readonly kind: "skipped" | "failed"; readonly peer?: string; readonly reason: string }
);

/** Whether the goal of a row is met; undefined when it has none. */
export function isMet(row: Row): boolean | undefined {
  if (row.kind === "limit") return row.ours.median < row.below;
  if (row.kind !== "ratio" || row.goal === undefined) return undefined;
  return row.better === "more" ? row.ratio.median >= row.goal : row.ratio.median <= row.goal;
}
