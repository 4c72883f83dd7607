import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** A part of a Dockerfile that begins with FROM. */
export interface Stage {
  readonly base: string;
  /** `AS name`; absent for one that nothing else refers to. */
  readonly name: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** The project's own Dockerfile. */
export const dockerfile = readFileSync(fileURLToPath(new URL("../../Dockerfile", import.meta.url)), "utf8");

export function stagesOf(text: string): Stage[] {
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  const joined = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n\s*/g, " ");
  for (const line of joined.split("\n").filter((line) => line.trim() !== "")) {
    const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (name !== "FROM") {
      stages.at(-1)?.instructions.push({ name, text: rest });
      continue;
    }
    const [, base = "", as] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? [];
    stages.push({ base, name: as, instructions: [] });
  }
  return stages;
}

/** The texts of a stage's instructions of one kind. */
export const textsOf = ({ instructions }: Stage, name: string): string[] =>
  instructions.filter((instruction) => instruction.name === name).map(({ text }) => text);

/** `2222/tcp` for each port that a stage exposes. */
export const exposed = (stage: Stage): string[] =>
  textsOf(stage, "EXPOSE").flatMap((text) =>
    text.split(/\s+/).map((port) => (port.includes("/") ? port : `${port}/tcp`)),
  );
