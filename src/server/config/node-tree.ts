import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { type Aliases, isMerge, mergedMaps, nameOfKey, type Path } from "./aliases.ts";

/** The nodes of a document by path. Aliases and merge keys are followed; each map is indexed once. */
export class NodeTree {
  readonly #document: Document.Parsed;
  readonly #targets: Aliases["targets"];
  #indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  readonly #values = new Map<Node, unknown>();

  constructor(document: Document.Parsed, targets: Aliases["targets"]) {
    this.#document = document;
    this.#targets = targets;
  }

  /** Must be called after the document was changed. */
  forget(): void {
    this.#indexes = new WeakMap();
    this.#values.clear();
  }

  /** The node at `path`; an alias there is returned as it is. */
  nodeAt(path: Path): Node | undefined {
    let node: unknown = this.#document.contents;
    for (const part of path) {
      const parent = this.follow(node);
      if (isMap(parent)) node = this.#indexOf(parent).get(String(part))?.value;
      else node = isSeq(parent) ? parent.items[Number(part)] : undefined;
    }
    return isNode(node) ? node : undefined;
  }

  /** The node of the key at the end of `path`. */
  keyAt(path: Path): Node | undefined {
    const parent = this.follow(this.nodeAt(path.slice(0, -1)));
    const key = isMap(parent) ? this.#indexOf(parent).get(String(path.at(-1)))?.key : undefined;
    return isNode(key) ? key : undefined;
  }

  /** The whole document as plain values. */
  value(): unknown {
    return this.#valueOf(this.#document.contents);
  }

  #valueOf(node: unknown): unknown {
    const target = this.follow(node);
    if (isScalar(target)) return target.value;
    if (!isMap(target) && !isSeq(target)) return isNode(node) ? null : node;
    const known = this.#values.get(target);
    if (known !== undefined) return known;
    const value = isMap(target) ? this.#mapOf(target) : target.items.map((item) => this.#valueOf(item));
    if (target.anchor !== undefined) this.#values.set(target, value);
    return value;
  }

  #mapOf(map: YAMLMap): object {
    const values: [string, unknown][] = [];
    for (const [key, pair] of this.#indexOf(map)) values.push([key, this.#valueOf(pair.value)]);
    return Object.fromEntries(values);
  }

  /** What an alias stands for; anything else itself. */
  follow(node: unknown): unknown {
    return isAlias(node) ? this.#targets.get(node) : node;
  }

  /** The pairs of a map by key: its own, and merged ones that it does not have itself. */
  #indexOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = this.#indexes.get(map);
    if (known !== undefined) return known;
    const index = new Map<string, Pair>();
    for (const pair of map.items) if (!isMerge(pair)) index.set(nameOfKey(pair.key), pair);
    for (const { value } of map.items.filter(isMerge)) {
      for (const source of mergedMaps(value, this.#targets)) {
        for (const [key, pair] of this.#indexOf(source)) if (!index.has(key)) index.set(key, pair);
      }
    }
    this.#indexes.set(map, index);
    return index;
  }
}
