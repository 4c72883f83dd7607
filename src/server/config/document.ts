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
import type { Mistake, Position } from "./diagnostic.ts";
import { substitute } from "./environment.ts";
import { yamlMistake } from "./yaml-errors.ts";

export type Path = readonly (string | number)[];

/** A YAML file as values, with the place of each in the text. */
export class ConfigDocument {
  readonly mistakes: Mistake[] = [];
  /** The text is no YAML; the mistakes tell why. */
  readonly isBroken: boolean;
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();
  /** Values whose type the file could not choose: text from the environment or the command line. */
  readonly #typeless = new Set<Scalar>();
  /** Paths of text that the environment could not fill in: what it would be, nobody knows. */
  readonly #unfilled = new Set<string>();
  /** What the command line has set, and what was made to hold it; none of it stands in the file. */
  readonly #overridden: string[] = [];

  constructor(source: string, environment: Readonly<Record<string, string | undefined>>) {
    this.#document = parseDocument(source, {
      lineCounter: this.#lines,
      merge: true,
      prettyErrors: false,
      uniqueKeys: false,
    });
    for (const { code, message, pos } of this.#document.errors) {
      const text = source.slice(source.lastIndexOf("\n", pos[0] - 1) + 1, pos[1]);
      const position = this.#position(pos[0], pos[1]);
      const told = `is not YAML: ${yamlMistake(code, message, text)}`;
      // One slip of the hand may break a line in several of the parser's eyes.
      const isKnown = this.mistakes.some(
        (other) => other.message === told && other.position?.line === position.line,
      );
      if (!isKnown) this.mistakes.push({ path: "", message: told, position });
    }
    this.isBroken = this.mistakes.length > 0;
    if (this.isBroken) return;
    this.#findDoubleKeys();
    this.#fillIn(environment);
  }

  /** The whole as plain values. */
  values(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.mistakes.push({ path: "", message: `is not usable: ${message}` });
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
    // A service written without settings (`time:`) is null, and becomes a map to hold the one.
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

  /** Whether what stands at `path` came from the command line, so that no line of the file is to blame. */
  isOverridden(path: string): boolean {
    return this.#overridden.some((set) => path === set || path.startsWith(`${set}.`));
  }

  /** Whether what stands at `path` refers to the environment in vain, of which a mistake tells already. */
  isUnfilled(path: string): boolean {
    return this.#unfilled.has(path);
  }

  /**
   * Text that came from outside has no type of its own: `"${PORT}"` is meant as a number where a number is
   * wanted, and the reader who wrote quotes around it did so for YAML's sake.
   * @returns whether the value at `path` was turned from text to value or back
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

  /** The place of the value at `path`; of the nearest one above where there is none. */
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

  /** The place of the key that `path` ends with. */
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

  /** The second of two equal keys is the mistake, and the one to show. */
  #findDoubleKeys(): void {
    visit(this.#document, {
      Map: (_, map, ancestors) => {
        const seen = new Set<string>();
        for (const { key } of map.items) {
          if (!isScalar(key) || !key.range) continue;
          const name = String(key.value);
          if (seen.has(name) && name !== "<<") {
            const message = `the key "${name}" stands here a second time; each may stand once`;
            const path = [pathOf(ancestors, map), name].filter((part) => part !== "").join(".");
            this.mistakes.push({ path, message, position: this.#position(key.range[0], key.range[1]) });
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
        for (const message of filled.mistakes) {
          const position = node.range ? { position: this.#position(node.range[0], node.range[1]) } : {};
          this.mistakes.push({ path: pathOf(ancestors, node), message, ...position });
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

/** `time:` with nothing behind it: the key is what there is to show. */
function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}

/**
 * What text from outside is when it is not meant as text. It is no YAML: a topic may be `#` and a password `*a`.
 */
function plainValue(text: string): unknown {
  if (text === "true" || text === "false") return text === "true";
  return /^[-+]?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A list, a map or quoted text as YAML writes it; anything else is plain. */
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
