import {
  type Alias,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Pair,
  Scalar,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { nearest } from "../../core/nearest.ts";
import { maxDepth } from "./yaml-source.ts";

/** Values that a document may have once each alias stands for a copy: more than any file of the allowed size needs. */
const maxValues = 1_000_000;

const maxNames = 100;

export type Path = readonly (string | number)[];

export interface NodeError {
  readonly path: string;
  readonly message: string;
  readonly node: Node;
}

export interface Aliases {
  /** The value that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly errors: readonly NodeError[];
}

/** Finds the value that each alias stands for, and the aliases that cannot be used. Takes one walk over the nodes. */
export function resolveAliases(contents: Node | null): Aliases {
  const resolver = new AliasResolver();
  if (contents !== null) resolver.resolve(contents);
  return resolver;
}

/** How much a node is, its aliases filled in. */
interface Extent {
  readonly values: number;
  readonly depth: number;
}

const unit: Extent = { values: 1, depth: 0 };

class AliasResolver implements Aliases {
  readonly targets = new Map<Alias, Node>();
  readonly errors: NodeError[] = [];
  readonly #anchors = new Map<string, Node>();
  /** The extent of each anchored node; absent while the walk is inside of it. */
  readonly #extents = new Map<Node, Extent>();
  /** The first names of anchors, to find the one that a slip was meant for. */
  readonly #names: string[] = [];
  readonly #path: (string | number)[] = [];
  #largest: { alias: Alias; path: string; values: number } | undefined;

  resolve(contents: Node): void {
    const { values } = this.#measure(contents);
    if (values <= maxValues || this.#largest === undefined) return;
    const { alias, path } = this.#largest;
    const message = `with this alias the file stands for more than ${maxValues} values; write fewer aliases of aliases`;
    this.errors.push({ path, message, node: alias });
  }

  #measure(node: Node): Extent {
    if (isAlias(node)) return this.#follow(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#setAnchor(anchor, node);
    const extent = this.#measureBelow(node);
    if (anchor !== undefined) this.#extents.set(node, extent);
    return extent;
  }

  #setAnchor(name: string, node: Node): void {
    if (this.#names.length < maxNames && !this.#anchors.has(name)) this.#names.push(name);
    this.#anchors.set(name, node);
  }

  #measureBelow(node: Node): Extent {
    let values = 1;
    let depth = 0;
    for (const [part, child] of childrenOf(node)) {
      this.#path.push(part);
      const below = child === null ? unit : this.#measure(child);
      if (part === "<<" && child !== null) this.#checkMerge(child);
      this.#path.pop();
      values += below.values;
      depth = Math.max(depth, below.depth + 1);
    }
    return { values, depth };
  }

  #follow(alias: Alias): Extent {
    const target = this.#anchors.get(alias.source);
    if (target === undefined) {
      const guess = nearest(alias.source, this.#names);
      const hint = guess === undefined ? "" : `. Did you mean *${guess}?`;
      return this.#refuse(
        alias,
        `there is no &${alias.source} above for *${alias.source} to stand for${hint}`,
      );
    }
    const extent = this.#extents.get(target);
    if (extent === undefined)
      return this.#refuse(alias, `*${alias.source} stands inside of &${alias.source} itself`);
    if (this.#path.length + extent.depth > maxDepth) {
      return this.#refuse(
        alias,
        `with *${alias.source} maps and lists are nested more than ${maxDepth} levels deep`,
      );
    }
    this.targets.set(alias, target);
    if (extent.values > (this.#largest?.values ?? 0)) {
      this.#largest = { alias, path: this.#path.join("."), values: extent.values };
    }
    return extent;
  }

  /** What `<<` merges must be maps. */
  #checkMerge(value: Node): void {
    for (const source of isSeq(value) ? value.items : [value]) {
      const target = isAlias(source) ? this.targets.get(source) : source;
      if (isMap(target) || (isAlias(source) && target === undefined)) continue; // undefined: reported already
      this.#refuse(value, "<< takes a map, or a list of maps, to merge");
      return;
    }
  }

  #refuse(node: Node, message: string): Extent {
    this.errors.push({ path: this.#path.join("."), message, node });
    return unit;
  }
}

/** The values directly below a node, each with its key or index. */
export function* childrenOf(node: Node): Generator<readonly [string | number, Node | null]> {
  if (isSeq<Node>(node)) yield* node.items.entries();
  else if (isMap<Node, Node | null>(node)) {
    for (const pair of node.items) yield [nameOfKey(pair.key), pair.value];
  }
}

/** A map or list of its own with the same values, for one of them to be changed. */
export function copyOf(node: YAMLMap | YAMLSeq): YAMLMap | YAMLSeq {
  const copy = isMap(node) ? new YAMLMap() : new YAMLSeq();
  copy.range = node.range;
  copy.items = node.items.map((item) => (isPair(item) ? new Pair(item.key, item.value) : item)) as never[];
  return copy;
}

/** A key as text; `<<` for a merge key. A key that the command line added is plain text, and no node. */
export function nameOfKey(key: unknown): string {
  const value: unknown = isScalar(key) ? key.value : isNode(key) ? "" : key;
  if (typeof value === "symbol") return value.description ?? "";
  return value === null ? "" : String(value);
}

/** Whether a pair merges the keys of other maps: `<<: *base`, without quotes. */
export function isMerge({ key }: Pair): boolean {
  return (
    isScalar(key) && (typeof key.value === "symbol" || (key.type === Scalar.PLAIN && key.value === "<<"))
  );
}

/** The maps that a merge key takes keys from, in the order in which they count. */
export function mergedMaps(value: unknown, targets: Aliases["targets"]): YAMLMap[] {
  const sources: readonly unknown[] = isSeq(value) ? value.items : [value];
  return sources.flatMap((source) => {
    const target = isAlias(source) ? targets.get(source) : source;
    return isMap(target) ? [target] : isSeq(target) ? mergedMaps(target, targets) : [];
  });
}
