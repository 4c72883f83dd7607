import { Composer, type CST, type Document, Lexer, LineCounter, Parser } from "yaml";
import { yamlError } from "./yaml-errors.ts";

/**
 * Levels of maps and lists within each other; lab.yaml has 6. What walks over values recurses, and the YAML library
 * takes time that grows with the square of the depth.
 */
export const maxDepth = 64;

/** Characters of a line that are looked at to explain an error. */
const maxExplained = 500;

/** An error at a range of the text, in characters from its beginning. */
export interface SourceError {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

export interface YamlSource {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
  /** Why the text cannot be read as YAML; then the document is not to be used. */
  readonly errors: readonly SourceError[];
  /** What the document says and this program gives no meaning to. */
  readonly warnings: readonly SourceError[];
}

/** Parses one YAML document, in time that grows with the length of the text only. */
export function parseYaml(source: string): YamlSource {
  const lines = new LineCounter();
  const { tokens, error } = tokensOf(source, lines);
  const { document, second } = compose(error === undefined ? tokens : [], source.length);
  if (second !== undefined) {
    const message = yamlError("MULTIPLE_DOCS", "", "");
    return {
      document,
      lines,
      errors: [{ message, start: second.range[0], end: second.range[1] }],
      warnings: [],
    };
  }
  const broken = error ?? (document.errors.length === 0 ? undefined : unclosedIn(tokens));
  const errors = broken === undefined ? explained(document, source, lines) : [broken];
  return { document, lines, errors, warnings: warningsOf(document, source) };
}

/** The tokens of the concrete syntax tree, up to the place where it nests too deep. */
function tokensOf(source: string, lines: LineCounter): { tokens: CST.Token[]; error?: SourceError } {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(source)) {
    const { offset } = parser;
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length <= maxDepth || parser.stack.filter(isCollection).length <= maxDepth) continue;
    const message = `maps and lists are nested more than ${maxDepth} levels deep here; at most ${maxDepth} are read`;
    return { tokens, error: { message, start: offset, end: offset + 1 } };
  }
  tokens.push(...parser.end());
  return { tokens };
}

/** The first document, and the one after it, which must not be there. */
function compose(
  tokens: readonly CST.Token[],
  length: number,
): { document: Document.Parsed; second?: Document.Parsed } {
  const composer = new Composer({ merge: true, prettyErrors: false, uniqueKeys: false });
  let document: Document.Parsed | undefined;
  for (const each of composer.compose(tokens, true, length)) {
    if (document !== undefined) return { document, second: each };
    document = each;
  }
  if (document === undefined) throw new Error("The YAML composer gave no document");
  return { document };
}

const isCollection = (token: CST.Token): boolean =>
  token.type === "block-map" || token.type === "block-seq" || token.type === "flow-collection";

/** The errors in the program's words. One slip may be reported several times: each line's errors of a kind count once. */
function explained({ errors }: Document.Parsed, source: string, lines: LineCounter): SourceError[] {
  const known = new Map<string, SourceError>();
  for (const { code, message, pos } of errors) {
    const [start, end] = pos;
    const lineStart = start - lines.linePos(start).col + 1;
    const line = source.slice(Math.max(lineStart, start - maxExplained), Math.min(end, start + maxExplained));
    const text = yamlError(code, message, line);
    const key = `${lineStart} ${text}`;
    if (!known.has(key)) known.set(key, { message: text, start, end });
  }
  return [...known.values()];
}

/** Any tag but those of plain values: `!!python/object` would be taken for a map otherwise. */
function warningsOf({ warnings }: Document.Parsed, source: string): SourceError[] {
  return warnings.map(({ code, message, pos: [start, end] }) => {
    const tag = source.slice(start, Math.min(end, start + 80));
    const isTag = code === "TAG_RESOLVE_FAILED";
    return { message: isTag ? `the tag ${tag} has no meaning here; take it away` : message, start, end };
  });
}

/** The innermost bracket that is not closed: the parser would only report where it noticed, as indentation. */
function unclosedIn(tokens: readonly CST.Token[]): SourceError | undefined {
  for (const token of tokens) {
    const found = token.type === "document" ? unclosedBelow(token.value) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function unclosedBelow(token: CST.Token | null | undefined): SourceError | undefined {
  if (!token || !("items" in token)) return undefined;
  for (const { key, value } of token.items) {
    const found = unclosedBelow(key) ?? unclosedBelow(value);
    if (found !== undefined) return found;
  }
  if (token.type !== "flow-collection") return undefined;
  const { source: open, offset: start } = token.start;
  const close = open === "{" ? "}" : "]";
  const [end] = token.end;
  if (end?.source === close) return undefined;
  const wrong = end?.source === "}" || end?.source === "]" ? `is closed by ${end.source}` : "is not closed";
  const message = `this ${open} ${wrong}; end it with ${close}, and indent what stands in it`;
  return { message, start, end: start + 1 };
}
