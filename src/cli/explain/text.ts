import type { Block } from "../../report/explain/block.ts";
import type { Style } from "../terminal/style.ts";
import { table } from "../terminal/table.ts";

/** For a terminal or a text file. @param width of the terminal, for tables */
export function asText(blocks: readonly Block[], style: Style, width: number): string {
  return blocks.map((block) => textOf(block, style, width)).join("\n\n");
}

function textOf(block: Block, style: Style, width: number): string {
  switch (block.kind) {
    case "heading":
      return block.level === 1 ? style.strong(underlined(block.text, "=")) : style.strong(headingText(block));
    case "paragraph":
      return block.text;
    case "list":
      return block.items.map((item) => `- ${item}`).join("\n");
    case "table":
      return table(block.columns, block.rows, width);
  }
}

const headingText = ({ level, text }: { level: number; text: string }) =>
  level === 2 ? underlined(text, "-") : text;

const underlined = (text: string, line: string): string =>
  `${text}\n${line.repeat(Math.min(100, Bun.stringWidth(text)))}`;
