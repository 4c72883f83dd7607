import type { Block } from "./block.ts";

export function asMarkdown(blocks: readonly Block[]): string {
  return blocks.map(markdownOf).join("\n\n");
}

export function markdownOf(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `${"#".repeat(block.level)} ${escapeMarkdown(block.text)}`;
    case "paragraph":
      return escapeMarkdown(block.text);
    case "list":
      return block.items.map((item) => `- ${escapeMarkdown(item)}`).join("\n");
    case "table": {
      const titles = block.columns.map(({ title }) => escapeMarkdown(title));
      const rule = block.columns.map(({ align }) => (align === "right" ? "---:" : "---"));
      const rows = block.rows.map((row) => row.map(escapeMarkdown));
      return [titles, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
    }
  }
}

/** What peers sent is text, and no link, picture, markup or cell of its own. */
export const escapeMarkdown = (text: string): string => text.replace(/[\\`*_[\]<>|#~&!$]/g, "\\$&");

/** One page that needs no other file. */
export function asHtml(blocks: readonly Block[], title: string, language: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(title)}</title>
<style>${stylesheet}</style>
</head>
<body>
<main>
${blocks.map(htmlOf).join("\n")}
</main>
</body>
</html>`;
}

const stylesheet = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 0.875rem; }
th, td { padding: 0.15rem 0.75rem 0.15rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid; }
td { font-family: ui-monospace, monospace; overflow-wrap: anywhere; min-width: 2rem; }
.right { text-align: right; white-space: nowrap; }
@media print { table { display: table; } h3 { break-after: avoid; } }
`;

export function htmlOf(block: Block): string {
  switch (block.kind) {
    case "heading":
      return `<h${block.level}>${escapeHtml(block.text)}</h${block.level}>`;
    case "paragraph":
      return `<p>${escapeHtml(block.text)}</p>`;
    case "list":
      return `<ul>${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join("")}</ul>`;
    case "table": {
      const cells = (tag: "th" | "td", row: readonly string[]) =>
        row.map((cell, index) => `<${tag}${classOf(block.columns[index])}>${escapeHtml(cell)}</${tag}>`);
      const titles = block.columns.map((column) => column.title);
      const rows = block.rows.map((row) => `<tr>${cells("td", row).join("")}</tr>`);
      return `<table><thead><tr>${cells("th", titles).join("")}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table>`;
    }
  }
}

const classOf = (column: { readonly align?: "left" | "right" } | undefined): string =>
  column?.align === "right" ? ' class="right"' : "";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => entities[character]!);
