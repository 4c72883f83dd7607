import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Debian's own Python is the one that its python3-* packages are for. */
export const python = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

/** A program of `test/interop/clients` under Python or Node. */
export function clientProgram(name: string): string {
  return fileURLToPath(new URL(`../interop/clients/${name}`, import.meta.url));
}

/** The command that runs a Python client of `test/interop/clients`. */
export function pythonClient(name: string, ...args: readonly (string | number)[]): string[] {
  return [python, clientProgram(`${name}.py`), ...args.map(String)];
}
