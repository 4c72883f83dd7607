import { writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { describeFileError } from "../../core/file-error.ts";
import { asReportHtml } from "../../report/html.ts";
import { asReportMarkdown } from "../../report/markdown.ts";
import type { LabReport } from "../../report/part.ts";
import type { ReportWords } from "../../report/words.ts";
import { UsageError } from "../program/errors.ts";

export const formats = [".html", ".md", ".docx"] as const;
export type Format = (typeof formats)[number];

/** What a file is written as, by its name. @throws {UsageError} for another ending */
export function formatOf(path: string): Format {
  const ending = extname(path).toLowerCase();
  const format = formats.find((known) => known === ending);
  if (format === undefined)
    throw new UsageError(
      `Cannot write a report to ${path}: its name must end with ${formats.slice(0, -1).join(", ")} or ${formats.at(-1)}`,
    );
  return format;
}

/**
 * Writes the document, and the pictures of a Markdown one beside it.
 * @returns all files
 * @throws {UsageError} when one cannot be written
 */
export async function writeReport(path: string, report: LabReport, words: ReportWords): Promise<string[]> {
  switch (formatOf(path)) {
    case ".html":
      return [write(path, asReportHtml(report, words))];
    case ".docx": {
      // Loaded on demand: no other command needs the library.
      const { asDocx } = await import("./docx.ts");
      return [write(path, await asDocx(report, words))];
    }
    case ".md": {
      const { text, pictures } = asReportMarkdown(report, words, basename(path, extname(path)));
      return [write(path, text), ...pictures.map(({ name, svg }) => write(join(dirname(path), name), svg))];
    }
  }
}

function write(path: string, content: string | Uint8Array): string {
  try {
    writeFileSync(path, content);
    return path;
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${describeFileError(path, error)}`);
  }
}
