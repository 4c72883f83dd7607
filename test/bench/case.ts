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
  /** The least ratio of distsrv's figure to the rival's; absent: measured for the record. */
  readonly goal?: number;
}

/** How a server is put to work: a program of `load/`, which prints one line of JSON. */
export interface Load {
  /** Its file name in `load/`, without `.c`. */
  readonly program: string;
  readonly needs: readonly Need[];
  arguments(port: number, seconds: number, workshop: Workshop): Promise<readonly string[]>;
}

/** One work, done by distsrv and by each rival in turn, several rounds. */
export interface Case {
  /** The word on the command line. */
  readonly group: string;
  readonly title: string;
  readonly unit: string;
  readonly ours: Contender;
  readonly rivals: readonly Rival[];
  readonly load: Load;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** One line of the result. */
export type Row = { readonly group: string; readonly title: string } & (
  | {
      readonly kind: "ratio";
      readonly unit: string;
      readonly peer: string;
      readonly ours: Figures;
      readonly theirs: Figures;
      /** Ours to theirs, of the measurements that were neighbours in time. */
      readonly ratio: Spread;
      readonly goal?: number;
    }
  | {
      readonly kind: "limit";
      readonly unit: string;
      readonly ours: Spread;
      readonly below: number;
    }
  | { readonly kind: "skipped" | "failed"; readonly peer?: string; readonly reason: string }
);

/** Medians over the rounds. */
export interface Figures {
  readonly perSecond: number;
  /** Microseconds; 0 where the load does not measure it. */
  readonly p50: number;
  readonly p99: number;
  /** Processor time of the server for one operation, in microseconds; 0 where it cannot be told. */
  readonly cpu: number;
  /** Operations that were never completed, where the work allows that (QoS 0). */
  readonly lost: number;
}

/** Whether the goal of a row is met; undefined when it has none. */
export function isMet(row: Row): boolean | undefined {
  if (row.kind === "ratio") return row.goal === undefined ? undefined : row.ratio.median >= row.goal;
  if (row.kind === "limit") return row.ours.median < row.below;
  return undefined;
}
