import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Need } from "./needs.ts";

/** Of its own: it brings as much as all else that is installed, and whoever runs the lab does not need it. */
const folder = join(import.meta.dir, "../mermaid");

export const mermaidLibrary: Need = {
  name: "mermaid",
  install: "bun install --cwd test/mermaid --frozen-lockfile",
  isThere: () => existsSync(join(folder, "node_modules/mermaid")),
};

interface Mermaid {
  parse(text: string): Promise<unknown>;
  readonly mermaidAPI: { getDiagramFromText(text: string): Promise<{ type: string; db: object }> };
}

const load = async (): Promise<Mermaid> => (await import(Bun.resolveSync("mermaid", folder))).default;

/** A sequence diagram as Mermaid's own library reads it, with its texts as it would show them. */
export interface SequenceDiagram {
  readonly title: string;
  /** What the heads say. */
  readonly participants: readonly string[];
  /** Arrows and notes, in order: whose names the diagram has given to both ends, and the text. */
  readonly lines: readonly { readonly from: string; readonly to: string; readonly text: string }[];
}

const database = z.object({
  getDiagramTitle: z.function({ output: z.string() }),
  getActors: z.function({ output: z.map(z.string(), z.object({ description: z.string() })) }),
  getMessages: z.function({
    output: z.array(z.object({ from: z.string(), to: z.string(), message: z.string() })),
  }),
});

/** @throws {Error} Mermaid's, when it cannot read the text */
export async function readMermaid(text: string): Promise<SequenceDiagram> {
  const mermaid = await load();
  // Also loads the kinds of diagrams.
  await mermaid.parse(text);
  const { db, type } = await mermaid.mermaidAPI.getDiagramFromText(text);
  if (type !== "sequence") throw new Error(`it is a diagram of the type ${type}, and no sequence diagram`);
  const bound = database.parse({
    getDiagramTitle: () => Reflect.get(db, "getDiagramTitle").call(db) ?? "",
    getActors: () => Reflect.get(db, "getActors").call(db),
    getMessages: () => Reflect.get(db, "getMessages").call(db),
  });
  const actors = bound.getActors();
  const nameOf = (id: string) => decoded(actors.get(id)?.description ?? id);
  return {
    title: bound.getDiagramTitle(),
    participants: [...actors.keys()].map(nameOf),
    lines: bound
      .getMessages()
      .map(({ from, to, message }) => ({ from: nameOf(from), to: nameOf(to), text: decoded(message) })),
  };
}

/** Until it is drawn, an entity such as `#59;` is kept in this form. */
const decoded = (text: string): string =>
  text.replace(/ﬂ°°(\d+)¶ß/g, (_, code) => String.fromCodePoint(Number(code)));
