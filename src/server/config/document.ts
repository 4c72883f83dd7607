import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
} from "yaml";
import type { Diagnostic, Position } from "./diagnostic.ts";
import { substitute } from "./environment.ts";
import { yamlError } from "./yaml-errors.ts";

export type Path = readonly (string | number)[];

/** A YAML file as values, with the position of each in the text. */
export class ConfigDocument {
  readonly diagnostics: Diagnostic[] = [];
  /** The text is not YAML; the diagnostics say why. */
  readonly isBroken: boolean;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** Values from the environment or the command line: text whose type the file does not determine. */
  readonly #typeless = new Set<Scalar>();
  /** Paths of text with a reference that the environment could not fill in, so its value is unknown. */
  readonly #unfilled = new Set<string>();
  /** Paths that the command line has set, and the maps created to hold them. None of them is in the file. */
  readonly #overridden: string[] = [];

  constructor(source: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#document = parseDocument(source, {
      lineCounter: this.#lines,
      merge: true,
      prettyErrors: false,
      uniqueKeys: false,
    });
    for (const { code, message, pos } of this.#document.errors) {
      const line = source.slice(source.lastIndexOf("\n", pos[0] - 1) + 1, pos[1]);
      const position = this.#position(pos[0], pos[1]);
      const text = `is not YAML: ${yamlError(code, message, line)}`;
      // The parser may report one slip several times.
      const isKnown = this.diagnostics.some(
        (other) => other.message === text && other.position?.line === position.line,
      );
      if (!isKnown) this.diagnostics.push({ path: "", message: text, position });
    }
    this.isBroken = this.diagnostics.length > 0;
    if (this.isBroken) return;
    this.#findDuplicateKeys();
    this.#fillIn(environment);
  }

  /** The whole document as plain values. */
  values(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.diagnostics.push({ path: "", message: `is not usable: ${message}` });
      return undefined;
    }
  }

  /** Sets one value from the command line, e.g. `services.time.port` to `4500`. */
  override(path: readonly string[], text: string): void {
    const node = this.#document.createNode(commandLineValue(text));
    if (isScalar(node)) {
      node.source = text;
      this.#typeless.add(node);
    }
    // A service written without settings (`time:`) is null, and becomes a map that holds this one.
    for (let depth = 1; depth < path.length; depth++) {
      const parent = path.slice(0, depth);
      const value = this.#document.getIn(parent, true);
      if (value !== undefined && !(isScalar(value) && value.value === null)) continue;
      if (value === undefined) this.#overridden.push(parent.join("."));
      this.#document.setIn(parent, this.#document.createNode({}));
    }
    this.#document.setIn(path, node);
    this.#overridden.push(path.join("."));
  }

  /** Whether the value at `path` came from the command line, and so has no line in the file. */
  isOverridden(path: string): boolean {
    return this.#overridden.some((set) => path === set || path.startsWith(`${set}.`));
  }

  /** Whether the value at `path` has a reference that could not be filled in. A diagnostic says so already. */
  isUnfilled(path: string): boolean {
    return this.#unfilled.has(path);
  }

  /**
   * Switches a value from outside the file between text and number or boolean. Such a value has no type of its own:
   * the quotes of `"${PORT}"` may be there only because YAML needs them.
   * @returns whether the value at `path` was switched
   */
  retype(path: Path): boolean {
    const node = this.#document.getIn(path, true);
    if (!isScalar(node) || !this.#typeless.delete(node)) return false;
    const before = node.value;
    node.value = typeof before === "string" ? plainValue(before) : (node.source ?? String(before));
    return node.value !== before;
  }

  /** The value at `path` as it is now. */
  valueAt(path: Path): unknown {
    const node: unknown = this.#document.getIn(path, true);
    return isNode(node) ? node.toJS(this.#document) : node;
  }

  /** The position of the value at `path`, or of its nearest ancestor when there is none. */
  positionOf(path: Path): Position | undefined {
    for (let depth = path.length; depth >= 0; depth--) {
      const node = depth === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, depth), true);
      if (isNode(node) && node.range && !isEmptyScalar(node))
        return this.#position(node.range[0], node.range[1]);
      const key = this.positionOfKey(path.slice(0, depth));
      if (key !== undefined) return key;
    }
    return undefined;
  }

  /** The position of the key at the end of `path`. */
  positionOfKey(path: Path): Position | undefined {
    const parent =
      path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find(
      (item) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)),
    );
    return isScalar(pair?.key) && pair.key.range
      ? this.#position(pair.key.range[0], pair.key.range[1])
      : undefined;
  }

  /** Of two equal keys the second is reported. */
  #findDuplicateKeys(): void {
    visit(this.#document, {
      Map: (_, map, ancestors) => {
        const seen = new Set<string>();
        for (const { key } of map.items) {
          if (!isScalar(key) || !key.range) continue;
          const name = String(key.value);
          if (seen.has(name) && name !== "<<") {
            const message = `the key "${name}" stands here a second time; each may stand once`;
            const path = [pathOf(ancestors, map), name].filter((part) => part !== "").join(".");
            this.diagnostics.push({ path, message, position: this.#position(key.range[0], key.range[1]) });
          }
          seen.add(name);
        }
      },
    });
  }

  #fillIn(environment: Readonly<Record<string, string | undefined>>): void {
    visit(this.#document, {
      Scalar: (role, node, ancestors) => {
        if (role === "key" || typeof node.value !== "string" || !node.value.includes("$")) return;
        const filled = substitute(node.value, environment);
        for (const message of filled.errors) {
          const position = node.range ? { position: this.#position(node.range[0], node.range[1]) } : {};
          this.diagnostics.push({ path: pathOf(ancestors, node), message, ...position });
          this.#unfilled.add(pathOf(ancestors, node));
        }
        if (filled.text === node.value) return;
        node.source = filled.text;
        node.value = node.type === Scalar.PLAIN ? plainValue(filled.text) : filled.text;
        this.#typeless.add(node);
      },
    });
  }

  #position(start: number, end: number): Position {
    const { line, col } = this.#lines.linePos(start);
    return { line, column: col, length: Math.max(1, end - start) };
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value);
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
  const parsed = parseDocument(text);
  return parsed.errors.length === 0 ? parsed.toJS() : text;
}

function pathOf(ancestors: readonly unknown[], node: Node): string {
  const path: string[] = [];
  const chain = [...ancestors, node];
  chain.forEach((ancestor, i) => {
    const below = chain[i + 1];
    if (isSeq(ancestor)) path.push(String(ancestor.items.indexOf(below)));
    if (isMap(ancestor) && typeof below === "object" && below !== null && "key" in below) {
      path.push(isScalar(below.key) ? String(below.key.value) : String(below.key));
    }
  });
  return path.join(".");
}
