import type { TryForm, TryTarget } from "../../core/try.ts";
import { reachable } from "../run/table.ts";
import type { AdminContext } from "./context.ts";

type Known = Pick<AdminContext, "plan" | "supervisor" | "tries">;

/** A service that runs, as it is tried; undefined while it does not. */
export function tryTarget(context: Known, name: string): TryTarget | undefined {
  const { state, addresses } = context.supervisor.statusOf(name);
  if (state !== "running") return undefined;
  const { role, config } = context.supervisor.plannedOf(name);
  const operations = context.plan.definitions.map((definition) => definition.name);
  return { service: name, role: role.name, addresses: addresses.map(reachable), config, operations };
}

/** Undefined when there is no way to try it. @throws {ControlError} when there is no service of this name */
export async function formFor(context: Known, name: string): Promise<TryForm | undefined> {
  const target = tryTarget(context, name);
  if (target === undefined || context.tries === undefined) return undefined;
  return (await context.tries()).form(target);
}
