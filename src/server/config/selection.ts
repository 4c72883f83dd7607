import { nearest } from "../../core/nearest.ts";
import type { PlannedService } from "./plan.ts";

/** Which of a file's services run, as the command line names them. */
export interface Selection {
  /** Only these; absent or empty: all. */
  readonly only?: readonly string[] | undefined;
  /** All but these. */
  readonly without?: readonly string[] | undefined;
}

/** @param all the names of the file's services, also of those that have mistakes */
export function selectionMistakes(selection: Selection, all: readonly string[]): string[] {
  const mistakes = (["only", "without"] as const).flatMap((option) =>
    (selection[option] ?? []).filter((name) => !all.includes(name)).map((name) => unknown(option, name, all)),
  );
  if (mistakes.length > 0 || all.length === 0 || all.some((name) => isSelected(selection, name)))
    return mistakes;
  return [`--without leaves no service. There are ${all.join(", ")}`];
}

export function selected(services: readonly PlannedService[], selection: Selection): PlannedService[] {
  return services.filter(({ name }) => isSelected(selection, name));
}

function isSelected({ only = [], without = [] }: Selection, name: string): boolean {
  return (only.length === 0 || only.includes(name)) && !without.includes(name);
}

function unknown(option: string, name: string, all: readonly string[]): string {
  const guess = nearest(name, all);
  const hint = guess === undefined ? "" : ` Did you mean "${guess}"?`;
  return `--${option} ${name}: there is no service "${name}".${hint} There are ${all.join(", ")}`;
}
