import { resolve } from "node:path";
import { nearest } from "../../core/nearest.ts";
import { operationTable } from "../../core/operation.ts";
import { resolveTls } from "../../core/tls-setting.ts";
import { withEnvironmentToken } from "./admin-token.ts";
import { ConfigError, type Diagnostic } from "./diagnostic.ts";
import { ConfigDocument, type Path } from "./document.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import { readOperations } from "./operations.ts";
import type { Plan, PlannedService, Registry } from "./plan.ts";
import { moveAdmin, moveServices } from "./port-offset.ts";
import { checkMachine, checkPorts } from "./preflight.ts";
import type { Settings } from "./schema.ts";
import { SecretFiles } from "./secret-files.ts";
import { type Selection, selected, selectionMistakes } from "./selection.ts";
import { readServices } from "./services.ts";
import { readSettings } from "./settings.ts";

export interface LoadOptions extends Selection {
  /** The file's path as the user gave it; each diagnostic begins with it. */
  readonly file: string;
  readonly source: string;
  /** Where relative paths in the file start; absent: where distsrv was started. */
  readonly folder?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `services.time.port=4500`, from the command line. */
  readonly overrides?: readonly string[];
  /** Added to every port of the file. */
  readonly portOffset?: number | undefined;
  /** The services run on another machine, so this one is not searched for the files that they need. */
  readonly isElsewhere?: boolean;
}

/**
 * Checks a configuration as a whole.
 * @throws {ConfigError} with every error in it
 */
export function loadPlan(options: LoadOptions, registry: Registry): Plan {
  const files = new SecretFiles(options.folder ?? "", options.isElsewhere === true);
  const document = new ConfigDocument(options.source, { environment: options.environment, files });
  const { diagnostics } = document;
  const refuse = () => {
    const shown = diagnostics.map(withOrigin(document)).map((diagnostic) => files.withoutTexts(diagnostic));
    return new ConfigError(options.file, options.source, shown);
  };
  // Text that is not YAML has no values to check. All other errors are collected before they are reported.
  if (document.isBroken) throw refuse();

  for (const override of options.overrides ?? []) applyOverride(document, override);
  const context: LoadContext = { document, registry, diagnostics };
  const root = document.values() ?? {};
  if (typeof root !== "object" || Array.isArray(root)) {
    addDiagnostic(context, [], "must be a map with services: in it");
    throw refuse();
  }
  const { services, operations, ...rest } = root as Record<string, unknown>;
  const offset = options.portOffset ?? 0;
  const own =
    options.isElsewhere === true ? rest : withEnvironmentToken(rest, options.environment, diagnostics);
  const otherFiles = new Set<string>();
  const inFolder = (path: string) => resolve(options.folder ?? "", path);
  /** Of a file that is read, whose changes concern the plan. */
  const readInFolder = (path: string) => {
    otherFiles.add(inFolder(path));
    return inFolder(path);
  };
  const settings = withPaths(moveAdmin(context, readSettings(context, own), offset), inFolder, readInFolder);
  const definitions = readOperations(context, operations);
  const all = readServices(context, services, settings);
  checkCapture(context, settings.capture, Object.keys(Object(services)));
  for (const message of selectionMistakes(options, Object.keys(Object(services))))
    diagnostics.push({ path: "", message });
  // Also of services that do not run, mistakes in the file are reported; what follows concerns those that run.
  const planned = moveServices(context, selected(all, options), offset).map((service) =>
    withFiles(service, readInFolder),
  );
  // `admin:` with nothing after it counts as absent.
  const wantsAdmin = settings.admin !== false && (rest.admin ?? undefined) !== undefined;
  checkPorts(context, planned, wantsAdmin ? settings.admin : false);
  if (options.isElsewhere !== true) checkMachine(context, planned, settings.admin);
  if (diagnostics.length > 0) throw refuse();
  return {
    file: options.file,
    settings,
    wantsAdmin,
    definitions: definitions.map(({ name, expression, aliases }) => ({ name, expression, aliases })),
    operations: operationTable(definitions),
    services: planned,
    otherFiles: [...otherFiles, ...files.paths],
  };
}

/** A service that is misspelt would be missing in the file, and nobody would notice. */
function checkCapture(context: LoadContext, capture: Settings["capture"], names: readonly string[]): void {
  for (const [index, name] of (capture?.services ?? []).entries()) {
    if (names.includes(name)) continue;
    const guess = nearest(name, names);
    const hint = guess === undefined ? `There are ${names.join(", ")}` : `Did you mean "${guess}"?`;
    addDiagnostic(context, ["capture", "services", index], `there is no service "${name}". ${hint}`);
  }
}

/** With absolute paths, and with what stands in files of its own. */
function withFiles(service: PlannedService, inFolder: (path: string) => string): PlannedService {
  const { role, config, hidden } = service;
  const resolved = role.resolveFiles?.(config, inFolder) ?? config;
  return { ...service, config: resolved, hidden: hidden.map((path) => commonPath(path, config, resolved)) };
}

/** As much of a path as leads to the same in both: an entry of a list may stand somewhere else in the other. */
function commonPath(path: Path, one: unknown, other: unknown): Path {
  if (path.length <= 1 || Bun.deepEquals(valueAt(one, path), valueAt(other, path))) return path;
  return commonPath(path.slice(0, -1), one, other);
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => Object(inner)[key], value);

/** With absolute paths. */
function withPaths(
  settings: Settings,
  inFolder: (path: string) => string,
  readInFolder: (path: string) => string,
): Settings {
  const { log, audit, capture, admin } = settings;
  return {
    ...settings,
    log: log.file === undefined ? log : { ...log, file: inFolder(log.file) },
    ...(audit !== undefined && { audit: { file: inFolder(audit.file) } }),
    ...(capture !== undefined && { capture: { ...capture, file: inFolder(capture.file) } }),
    admin:
      admin === false || admin.tls === undefined
        ? admin
        : { ...admin, tls: resolveTls(admin.tls, readInFolder) },
  };
}

/** A diagnostic about a value from the command line names the option, and no line of the file. */
function withOrigin(document: ConfigDocument): (diagnostic: Diagnostic) => Diagnostic {
  return (diagnostic) => {
    const { path, message } = diagnostic;
    return document.isOverridden(path) ? { path: `--set ${path}`, message } : diagnostic;
  };
}

function applyOverride(document: ConfigDocument, override: string): void {
  const equals = override.indexOf("=");
  const path = equals < 0 ? [] : override.slice(0, equals).split(".");
  if (path.length === 0 || path.some((key) => key === "")) {
    const shown = override.slice(0, equals < 0 ? undefined : equals + 1);
    const message = `--set ${shown} is not of the form key.key=value, e.g. services.time.port=4500`;
    document.diagnostics.push({ path: "", message });
    return;
  }
  try {
    document.override(path, override.slice(equals + 1));
  } catch {
    document.diagnostics.push({
      path: path.slice(0, -1).join("."),
      message: `--set ${path.join(".")} finds no map there to set it in`,
    });
  }
}
