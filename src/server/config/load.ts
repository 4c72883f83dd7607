import { operationTable } from "../../core/operation.ts";
import { ConfigError, type Mistake } from "./diagnostic.ts";
import { ConfigDocument } from "./document.ts";
import { readOperations } from "./operations.ts";
import type { Plan, Registry } from "./plan.ts";
import { checkPorts } from "./preflight.ts";
import { readServices } from "./services.ts";
import { readSettings } from "./settings.ts";
import { checkNeeds } from "./unmet-needs.ts";

export interface LoadOptions {
  /** The file's path as the user gave it; it stands before each mistake. */
  readonly file: string;
  readonly source: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `services.time.port=4500`, from the command line. */
  readonly overrides?: readonly string[];
  /** The services run on another machine: what they need of theirs is not looked for on this one. */
  readonly isElsewhere?: boolean;
}

/** Everything that the readers of the registry share while a file is checked. */
export interface Reading {
  readonly document: ConfigDocument;
  readonly registry: Registry;
  readonly mistakes: Mistake[];
}

/**
 * Checks a configuration as a whole.
 * @throws {ConfigError} with every mistake in it
 */
export function loadPlan(options: LoadOptions, registry: Registry): Plan {
  const document = new ConfigDocument(options.source, options.environment);
  const mistakes: Mistake[] = document.mistakes;
  const refuse = () => new ConfigError(options.file, options.source, mistakes.map(ofItsOrigin(document)));
  // What is no YAML has no values to check; every other mistake is told together with the rest.
  if (document.isBroken) throw refuse();

  for (const override of options.overrides ?? []) applyOverride(document, override);
  const reading: Reading = { document, registry, mistakes };
  const root = document.values() ?? {};
  if (typeof root !== "object" || Array.isArray(root)) {
    mistakes.push({ path: "", message: "must be a map with services: in it", ...at(document, []) });
    throw refuse();
  }
  const { services, operations, ...rest } = root as Record<string, unknown>;
  const settings = readSettings(reading, rest);
  const definitions = readOperations(reading, operations);
  const planned = readServices(reading, services, settings);
  // A key with nothing behind it says nothing.
  const wantsAdmin = settings.admin !== false && (rest.admin ?? undefined) !== undefined;
  checkPorts(reading, planned, wantsAdmin ? settings.admin : false);
  if (options.isElsewhere !== true) checkNeeds(reading, planned);
  if (mistakes.length > 0) throw refuse();
  return {
    file: options.file,
    settings,
    wantsAdmin,
    definitions: definitions.map(({ name, expression, aliases }) => ({ name, expression, aliases })),
    operations: operationTable(definitions),
    services: planned,
  };
}

/** A mistake on the command line is told as such. */
function ofItsOrigin(document: ConfigDocument): (mistake: Mistake) => Mistake {
  return (mistake) => {
    const { path, message } = mistake;
    return document.isOverridden(path) ? { path: `--set ${path}`, message } : mistake;
  };
}

export function at(
  document: ConfigDocument,
  path: readonly (string | number)[],
  isKey = false,
): Pick<Mistake, "position"> {
  const position = (isKey ? document.positionOfKey(path) : undefined) ?? document.positionOf(path);
  return position === undefined ? {} : { position };
}

function applyOverride(document: ConfigDocument, override: string): void {
  const at = override.indexOf("=");
  const path = at < 0 ? [] : override.slice(0, at).split(".");
  if (path.length === 0 || path.some((key) => key === "")) {
    const message = `--set ${override.slice(0, at < 0 ? undefined : at + 1)} is not of the form key.key=value, e.g. services.time.port=4500`;
    document.mistakes.push({ path: "", message });
    return;
  }
  try {
    document.override(path, override.slice(at + 1));
  } catch {
    document.mistakes.push({
      path: path.slice(0, -1).join("."),
      message: `--set ${path.join(".")} finds no map there to set it in`,
    });
  }
}
