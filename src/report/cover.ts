import type { ReportPart } from "./part.ts";
import type { ReportWords } from "./words.ts";

/** Who has written a report, and for which course; what is not known stays open. */
export interface CoverFacts {
  readonly name?: string | undefined;
  readonly studentNumber?: string | undefined;
  readonly course?: string | undefined;
  /** As it is printed. */
  readonly date: string;
}

export function coverOf(
  title: string,
  { name = "", studentNumber = "", course = "", date }: CoverFacts,
  { cover }: ReportWords,
): ReportPart {
  return {
    kind: "cover",
    title,
    rows: [
      [cover.name, name],
      [cover.studentNumber, studentNumber],
      [cover.course, course],
      [cover.date, date],
    ],
  };
}
