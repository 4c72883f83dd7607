import { readFileSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import { tokenVariables } from "../../core/token-file.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { tokenError } from "./token-text.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * The settings with the admin token of the environment, which goes before that of the file: a container is given its
 * secrets so. Without an admin service there is nothing to do.
 */
export function withEnvironmentToken(
  settings: Values,
  environment: Environment,
  diagnostics: Diagnostic[],
): Record<string, unknown> {
  const { admin } = settings;
  if (admin === false) return settings;
  const token = environmentToken(environment, diagnostics);
  if (token === undefined) return settings;
  if (admin === undefined || admin === null || admin === true) return { ...settings, admin: { token } };
  if (typeof admin !== "object" || Array.isArray(admin)) return settings;
  return { ...settings, admin: { ...admin, token } };
}

/** Errors name the variable and never quote its value. */
function environmentToken(environment: Environment, diagnostics: Diagnostic[]): string | undefined {
  const { token: name, file: fileName } = tokenVariables;
  const [direct, file] = [environment[name], environment[fileName]];
  const refuse = (path: string, message: string) => void diagnostics.push({ path, message });
  if (direct && file) {
    refuse(name, `is set, and ${fileName}, too; which of them is meant? Unset one`);
    return undefined;
  }
  const variable = file ? fileName : name;
  try {
    // A file that an editor or echo wrote ends with a line break.
    const token = file ? readFileSync(file, "utf8").replace(/\r?\n$/, "") : direct;
    const mistake = token ? tokenError(token) : file && `names ${file}, which is empty`;
    if (!mistake) return token || undefined;
    refuse(variable, token && file ? `names ${file}, whose text ${mistake}` : mistake);
  } catch (error) {
    refuse(variable, `names ${file}, which cannot be read: ${describeError(error)}`);
  }
  return undefined;
}
