import { FillError, type SecretFiles } from "./secret-files.ts";

export interface Substitution {
  readonly text: string;
  readonly errors: readonly string[];
  /** The files that parts of the text are from, by the paths that the references give. */
  readonly files: readonly string[];
}

/** Where references get their text from. */
export interface Sources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly files: Pick<SecretFiles, "read">;
}

const reference = /\$\$|\$\{([^}]*)(\}?)/g;
const variable = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
/** `${file:-x}` is a variable with a default, as it has always been. */
const file = /^file:(?!-)(.+)$/s;

/**
 * Fills `${NAME}` and `${NAME:-default}` in from the environment, and `${file:PATH}` from a file. As in a compose file,
 * the default also stands in for an empty value, and `$$` is a plain `$`.
 */
export function substitute(text: string, sources: Sources): Substitution {
  const errors: string[] = [];
  const files: string[] = [];
  const filled = text.replace(reference, (whole, inner: string | undefined, close: string | undefined) => {
    if (whole === "$$") return "$";
    const path = close === "" ? undefined : file.exec(inner ?? "")?.[1];
    if (path !== undefined) files.push(path);
    try {
      if (path !== undefined) return sources.files.read(path);
      return fromEnvironment(whole, inner ?? "", close !== "", sources.environment);
    } catch (error) {
      if (!(error instanceof FillError)) throw error;
      errors.push(error.message);
      return whole;
    }
  });
  return { text: filled, errors, files };
}

function fromEnvironment(
  whole: string,
  inner: string,
  isClosed: boolean,
  environment: Sources["environment"],
): string {
  if (!isClosed) throw new FillError(`${whole} is not closed; write \${NAME}, or $\${ for the text itself`);
  const match = variable.exec(inner);
  if (match === null)
    throw new FillError(
      `${whole} is no reference; write \${NAME} or \${NAME:-default} for the environment, or \${file:PATH}`,
    );
  const [, name = "", fallback] = match;
  if (fallback?.includes("${"))
    throw new FillError(`${whole}} nests references to the environment; give the default itself`);
  const value = environment[name];
  if (value !== undefined && (value !== "" || fallback === undefined)) return value;
  if (fallback !== undefined) return fallback;
  throw new FillError(`the environment has no ${name}; set it, or give a default: \${${name}:-default}`);
}
