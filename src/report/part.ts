import type { Diagram } from "./diagram.ts";
import type { Block } from "./explain/block.ts";

/** A piece of a lab report, whatever it is written as. */
export type ReportPart =
  | Block
  /** Who wrote it, in which course: names and values. */
  | { readonly kind: "cover"; readonly title: string; readonly rows: readonly (readonly [string, string])[] }
  | { readonly kind: "diagram"; readonly diagram: Diagram; readonly caption: string }
  /** A command and what it printed, with the colours of a terminal (SGR) in it. */
  | { readonly kind: "terminal"; readonly text: string }
  /** An empty place for what the student thinks of it. */
  | { readonly kind: "blank"; readonly hint: string };

/** The whole document. */
export interface LabReport {
  readonly title: string;
  readonly language: string;
  readonly parts: readonly ReportPart[];
}
