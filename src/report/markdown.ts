import type { Block } from "./explain/block.ts";
import { escapeMarkdown, markdownOf } from "./explain/render.ts";
import type { LabReport, ReportPart } from "./part.ts";
import { printable } from "./printable.ts";
import { sequenceSvg } from "./sequence-svg.ts";
import { plainText } from "./terminal-text.ts";
import type { ReportWords } from "./words.ts";

/** A picture that stands beside the document. */
export interface Picture {
  readonly name: string;
  readonly svg: string;
}

export interface MarkdownReport {
  readonly text: string;
  readonly pictures: readonly Picture[];
}

/** @param stem what the names of the pictures begin with */
export function asReportMarkdown({ parts }: LabReport, words: ReportWords, stem: string): MarkdownReport {
  const pictures: Picture[] = [];
  const picture = (svg: string): string => {
    const name = `${stem}-${pictures.length + 1}.svg`;
    pictures.push({ name, svg });
    return name;
  };
  const text = parts.map((part) => partMarkdown(part, words, picture)).join("\n\n");
  return { text: `${text}\n`, pictures };
}

function partMarkdown(part: ReportPart, words: ReportWords, picture: (svg: string) => string): string {
  switch (part.kind) {
    case "cover": {
      const rows = part.rows.map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
      const table = rows.length === 0 ? [] : ["| | |\n| --- | --- |", ...rows];
      return [`# ${cell(part.title)}\n`, ...table].join("\n");
    }
    case "diagram": {
      const { diagram, caption } = part;
      const note = diagram.omitted === 0 ? "" : words.omittedArrows(diagram.omitted);
      const name = picture(sequenceSvg(diagram, caption, note));
      return `![${cell(caption)}](<${name.replace(/[<>\\\n]/g, encodeURIComponent)}>)`;
    }
    case "terminal":
      return fenced(plainText(part.text).split("\n").map(printable).join("\n"));
    case "blank":
      return `> *${cell(part.hint)}*`;
    default:
      return markdownOf(printableBlock(part));
  }
}

const cell = (text: string): string => escapeMarkdown(printable(text).replace(/\s+/g, " "));

/** A fence that is longer than any in the text. */
function fenced(text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function printableBlock(block: Block): Block {
  switch (block.kind) {
    case "table":
      return {
        ...block,
        rows: block.rows.map((row) => row.map((text) => printable(text).replace(/\s+/g, " "))),
      };
    case "list":
      return { ...block, items: block.items.map((item) => printable(item).replace(/\s+/g, " ")) };
    default:
      return { ...block, text: printable(block.text).replace(/\s+/g, " ") };
  }
}
