import type { Need } from "./machine.ts";
import type { Workshop } from "./workshop.ts";

/** A server that is being measured. */
export interface RunningServer {
  readonly port: number;
  /** Absent for a server that the bench did not start. */
  readonly pid?: number | undefined;
  /** The ports of all its services by name, where it has several. */
  readonly ports?: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** What the machine must have for it. */
  readonly needs: readonly Need[];
  start(workshop: Workshop): Promise<RunningServer>;
}

/** The peers that distsrv is compared with. */
export interface Rival extends Contender {
  /** The minimum ratio of distsrv's figure to the rival's; absent: measured for the record. */
  readonly goal?: number | undefined;
}

/** A load on a server. */
export interface Load {
  readonly needs: readonly Need[];
  /** @throws {Lacking} when the server lacks the measured feature; any other error: it gave a wrong result */
  measure(server: RunningServer, seconds: number, workshop: Workshop): Promise<Figures>;
}

/** A server lacks the measured feature: its row is skipped. */
export class Lacking extends Error {
  override readonly name = "Lacking";
}

/** Of one measurement, or the medians over the rounds. */
export interface Figures {
  readonly perSecond: number;
  /** Processor time of the server for one operation, in microseconds; 0 where it cannot be measured. */
  readonly cpu: number;
  /** Operations that were never completed, where the work allows that (QoS 0). */
  readonly lost: number;
  /** What else the work measures, such as `p50` and `p99` in microseconds. */
  readonly [name: string]: number;
}

/** A figure of a measurement: a row for each rival. */
export interface Metric {
  /** Follows the case's title, such as "p99". */
  readonly title?: string;
  /** The name of the figure. */
  readonly figure: string;
  readonly unit: string;
  /** Whether more or less is better. */
  readonly better: "more" | "less";
  /** The wanted ratio of distsrv's figure to a rival's, or the rival's own goal; absent: for the record. */
  readonly goal?: number | "rival";
  /** A limit for distsrv's figure, apart from its rivals: a row of its own. */
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
  /** Takes minutes: measured only when chosen by its name, or with --full. */
  readonly isHeavy?: boolean;
  /** Starts a new server for each measurement, without a warm-up: for memory, and for works that end by themselves. */
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
      /** Ratios of distsrv to the peer, of measurements that are neighbours in time. */
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
