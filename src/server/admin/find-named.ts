import { nearest } from "../../core/nearest.ts";
import { type ServiceStatus, stateWords } from "../run/service-status.ts";
import { RequestError } from "./request-error.ts";

/**
 * A view or an action by its name.
 * @throws {RequestError} that says which there are, or that the service does not run and so has none
 */
export function findNamed<T>(
  what: "view" | "action",
  name: string,
  all: Readonly<Record<string, T>>,
  service: ServiceStatus,
): T {
  // A name such as "constructor" is no view.
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  if (service.state !== "running") {
    throw new RequestError(
      409,
      `Cannot use the ${what} "${name}": "${service.name}" ${stateWords[service.state]}`,
    );
  }
  const names = Object.keys(all);
  const guess = nearest(name, names);
  const hint =
    names.length === 0
      ? "it has none"
      : guess === undefined
        ? `there are ${names.join(", ")}`
        : `did you mean "${guess}"?`;
  throw new RequestError(404, `There is no ${what} "${name}" of "${service.name}": ${hint}`);
}
