import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  Scalar,
} from "yaml";
import { type Aliases, childrenOf, copyOf, nameOfKey, type Path, resolveAliases } from "./aliases.ts";
import type { Diagnostic, Position } from "./diagnostic.ts";
import { type Sources, substitute } from "./environment.ts";
import { NodeTree } from "./node-tree.ts";
import { maxDepth, parseYaml, type SourceError } from "./yaml-source.ts";

export type { Path };

/** A YAML file as values, with the position of each in the text. */
export class ConfigDocument {
  readonly diagnostics: Diagnostic[] = [];
  /** The text is not YAML, or has aliases that stand for nothing; the diagnostics say why. */
  readonly isBroken: boolean;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #tree: NodeTree;
  readonly #targets: Aliases["targets"];
  /** Values from the environment or the command line: text whose type the file does not determine. */
  readonly #typeless = new Set<Scalar>();
  /** Values with text from files, and which: as those may be secrets, no message shows them. */
  readonly #fromFiles = new Map<unknown, readonly string[]>();
  /** Paths of text with a reference that the environment could not fill in, so its value is unknown. */
  readonly #unfilled = new Set<string>();
  /** Paths that the command line has set, and the maps created to hold them. None of them is in the file. */
  readonly #overridden: string[] = [];

  constructor(source: string, sources: Sources) {
    const { document, lines, errors, warnings } = parseYaml(source);
    this.#document = document;
    this.#lines = lines;
    for (const error of errors) this.#report(error, "is not YAML: ");
    const aliases = resolveAliases(errors.length === 0 ? document.contents : null);
    this.#targets = aliases.targets;
    this.#tree = new NodeTree(document, aliases.targets);
    for (const { path, message, node } of aliases.errors) {
      this.diagnostics.push({ path, message, ...this.#rangeOf(node) });
    }
    this.isBroken = this.diagnostics.length > 0;
    if (this.isBroken) return;
    for (const warning of warnings) this.#report(warning);
    if (document.contents !== null) this.#prepare(document.contents, [], sources);
  }

  /** The whole document as plain values. */
  values(): unknown {
    return this.#tree.value();
  }

  /** Sets one value from the command line, e.g. `services.time.port` to `4500`. @throws where there is no map for it */
  override(path: readonly string[], text: string): void {
    if (path.length > maxDepth) throw new RangeError(`More than ${maxDepth} levels`);
    const node = this.#document.createNode(commandLineValue(text));
    if (isScalar(node)) {
      node.source = text;
      this.#typeless.add(node);
    }
    for (let depth = 1; depth < path.length; depth++) this.#prepareParent(path.slice(0, depth));
    this.#document.setIn(path, node);
    this.#overridden.push(path.join("."));
    this.#tree.forget();
  }

  /** Makes sure that a value can be set in the one at `path`, and is set nowhere else: aliases share their values. */
  #prepareParent(path: readonly string[]): void {
    const value = this.#document.getIn(path, true);
    const target = isAlias(value) ? this.#targets.get(value) : value;
    // A service written without settings (`time:`) is null, and becomes a map that holds this one.
    if (target === undefined || (isScalar(target) && target.value === null)) {
      if (value === undefined) this.#overridden.push(path.join("."));
      this.#document.setIn(path, this.#document.createNode({}));
    } else if (isMap(target) || isSeq(target)) {
      this.#document.setIn(path, copyOf(target));
    }
  }

  /** Whether the value at `path` came from the command line, and so has no line in the file. */
  isOverridden(path: string): boolean {
    return this.#overridden.some((set) => path === set || path.startsWith(`${set}.`));
  }

  /** Whether the value at `path` has a reference that could not be filled in. A diagnostic says so already. */
  isUnfilled(path: string): boolean {
    return this.#unfilled.has(path);
  }

  /** The files that text in the value at `path` comes from. */
  filesOf(path: Path): readonly string[] {
    if (this.#fromFiles.size === 0) return [];
    return this.#fromFiles.get(this.#tree.follow(this.#tree.nodeAt(path))) ?? [];
  }

  /** Whether any value has text from a file. */
  get hasFiles(): boolean {
    return this.#fromFiles.size > 0;
  }

  /**
   * The value at `path` as the other type, text or number or boolean, when it came from outside the file. Such a value
   * has no type of its own: the quotes of `"${PORT}"` may be there only because YAML needs them.
   */
  retyped(path: Path): { readonly value: unknown } | undefined {
    const node = this.#tree.nodeAt(path);
    if (!isScalar(node) || !this.#typeless.has(node)) return undefined;
    const { value } = node;
    const other = typeof value === "string" ? plainValue(value) : (node.source ?? String(value));
    return other === value ? undefined : { value: other };
  }

  /** The position of the value at `path`, or of its nearest ancestor when there is none. */
  positionOf(path: Path): Position | undefined {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = this.#tree.nodeAt(path.slice(0, depth));
      if (node?.range && !isEmptyScalar(node)) return this.#position(node.range[0], node.range[1]);
      const key = this.positionOfKey(path.slice(0, depth));
      if (key !== undefined) return key;
    }
    return undefined;
  }

  /** The position of the key at the end of `path`. */
  positionOfKey(path: Path): Position | undefined {
    const key = this.#tree.keyAt(path);
    return key?.range ? this.#position(key.range[0], key.range[1]) : undefined;
  }

  /** Checks the keys, and fills references in. */
  #prepare(node: Node, path: (string | number)[], sources: Sources): void {
    if (isScalar(node)) return this.#fillIn(node, path, sources);
    if (isMap(node)) this.#checkKeys(node.items, path);
    for (const [part, child] of childrenOf(node)) {
      if (child === null) continue;
      path.push(part);
      this.#prepare(child, path, sources);
      path.pop();
    }
  }

  /** Of two equal keys the second is reported. */
  #checkKeys(pairs: readonly { readonly key: unknown }[], path: Path): void {
    const seen = new Set<string>();
    for (const { key } of pairs) {
      const name = nameOfKey(key);
      const message = isScalar(key)
        ? `the key "${name}" stands here a second time; each may stand once`
        : `a key must be plain text, and is ${isAlias(key) ? "an alias" : isSeq(key) ? "a list" : "a map"}`;
      if (!isScalar(key) || (seen.has(name) && name !== "<<")) {
        this.diagnostics.push({
          path: [...path, name].filter((part) => part !== "").join("."),
          message,
          ...this.#rangeOf(key),
        });
      }
      seen.add(name);
    }
  }

  #fillIn(node: Scalar, path: Path, sources: Sources): void {
    if (typeof node.value !== "string" || !node.value.includes("$")) return;
    const filled = substitute(node.value, sources);
    if (filled.files.length > 0) this.#fromFiles.set(node, filled.files);
    for (const message of filled.errors) {
      this.diagnostics.push({ path: path.join("."), message, ...this.#rangeOf(node) });
      this.#unfilled.add(path.join("."));
    }
    if (filled.text === node.value) return;
    node.source = filled.text;
    node.value = node.type === Scalar.PLAIN ? plainValue(filled.text) : filled.text;
    this.#typeless.add(node);
  }

  #report({ message, start, end }: SourceError, prefix = ""): void {
    this.diagnostics.push({ path: "", message: prefix + message, position: this.#position(start, end) });
  }

  #rangeOf(node: unknown): { readonly position?: Position } {
    const range = isNode(node) ? node.range : undefined;
    return range ? { position: this.#position(range[0], range[1]) } : {};
  }

  #position(start: number, end: number): Position {
    const { line, col } = this.#lines.linePos(start);
    return { line, column: col, length: Math.max(1, end - start) };
  }
}

/** `time:` with nothing after it. Its position is that of the key. */
function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

/** Text from outside as a boolean or a number, if it looks like one. It is not parsed as YAML: a topic may be `#`. */
function plainValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^[-+]?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Parses lists, maps and quoted text as YAML; anything else is taken as it is. */
function commandLineValue(text: string): unknown {
  if (!/^["'[{]/.test(text)) return plainValue(text);
  const { document, errors } = parseYaml(text);
  return errors.length === 0 ? document.toJS() : text;
}
