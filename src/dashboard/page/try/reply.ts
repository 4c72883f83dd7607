import { jsonOf } from "../mqtt/payload.ts";

/** An answer in its parts. */
export interface Reply {
  /** Status line and headers of an HTTP reply. */
  readonly head: string | undefined;
  /** The rest; all of it where there is no head. */
  readonly body: string;
}

export function partsOf(text: string): Reply {
  if (!/^HTTP\/1\.[01] \d{3}/.test(text)) return { head: undefined, body: text };
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? { head: text, body: "" } : { head: text.slice(0, end), body: text.slice(end + 4) };
}

/** A body that can be set out. */
export type SetOut =
  | { readonly kind: "json"; readonly value: object }
  | { readonly kind: "xml"; readonly text: string };

/** Undefined: it is neither JSON nor XML. */
export function setOut(body: string): SetOut | undefined {
  const value = jsonOf(body);
  if (value !== undefined) return { kind: "json", value };
  const text = indentedXml(body);
  return text === undefined ? undefined : { kind: "xml", text };
}

/** XML with each element on a line of its own, those with nothing but text inside on one; undefined: it is no XML. */
export function indentedXml(text: string): string | undefined {
  const source = text.trim();
  if (!/^<[A-Za-z?!][^<]*>/.test(source) || !source.endsWith(">")) return undefined;
  const parts = source.match(/<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[^>]+>|[^<]+/g) ?? [];
  const lines: string[] = [];
  let depth = 0;
  let isOpen = false;
  for (const part of parts) {
    const isTag = part.startsWith("<");
    if (!isTag && part.trim() === "") continue;
    if (part.startsWith("</")) {
      depth--;
      // The end of an element with nothing but text inside stays on its line.
      if (isOpen) lines.push(`${lines.pop() ?? ""}${part}`);
      else lines.push(`${"  ".repeat(Math.max(0, depth))}${part}`);
      isOpen = false;
    } else if (isTag) {
      lines.push(`${"  ".repeat(Math.max(0, depth))}${part}`);
      isOpen = isStart(part);
      if (isOpen) depth++;
    } else if (isOpen) lines.push(`${lines.pop() ?? ""}${part.trim()}`);
    else lines.push(`${"  ".repeat(Math.max(0, depth))}${part.trim()}`);
  }
  return depth === 0 ? lines.join("\n") : undefined;
}

const isStart = (tag: string): boolean => /^<[^!?/]/.test(tag) && !tag.endsWith("/>");
