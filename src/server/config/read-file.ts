import { readFileSync } from "node:fs";
import { ConfigError } from "./diagnostic.ts";
import { type LoadOptions, loadPlan } from "./load.ts";
import type { Plan, Registry } from "./plan.ts";

/** @throws {ConfigError} also when the file cannot be read */
export function readPlan(options: Omit<LoadOptions, "source">, registry: Registry): Plan {
  return loadPlan({ ...options, source: readText(options.file) }, registry);
}

function readText(file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    throw new ConfigError(file, "", [{ path: "", message: reason(error) }]);
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return 'there is no such file; "distsrv init" writes one to start from';
  if (code === "EISDIR") return "is a folder, and must be a YAML file";
  if (code === "EACCES") return "may not be read; check its permissions";
  if (error instanceof TypeError) return "is not UTF-8 text";
  return error instanceof Error ? error.message : String(error);
}
