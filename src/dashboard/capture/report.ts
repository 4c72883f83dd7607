import type { CaptureReport } from "../../protocol/analysis/analysis.ts";
import { coverOf } from "../../report/cover.ts";
import { heading } from "../../report/explain/block.ts";
import { asReportHtml } from "../../report/html.ts";
import { wordingFor } from "../../report/languages.ts";
import { captureSections } from "../../report/sections.ts";
import type { CaptureLanguage, ReportCover } from "./messages.ts";

/** The document that `distcli report FILE -o report.html` writes. */
export function reportHtml(
  capture: CaptureReport,
  file: string,
  language: CaptureLanguage,
  cover: ReportCover,
): string {
  const wording = wordingFor(language);
  const { report: words } = wording;
  const title = cover.title.trim() || words.title;
  const parts = [
    coverOf(title, cover, words),
    heading(2, `${words.headings.capture}: ${file}`),
    ...captureSections(capture, wording),
  ];
  return asReportHtml({ title, language, parts }, words);
}
