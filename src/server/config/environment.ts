export interface Substitution {
  readonly text: string;
  readonly errors: readonly string[];
}

const reference = /\$\$|\$\{([^}]*)(\}?)/g;
const form = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Fills `${NAME}` and `${NAME:-default}` in from the environment. As in a compose file, the default also stands
 * in for an empty value, and `$$` is a plain `$`.
 */
export function substitute(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Substitution {
  const errors: string[] = [];
  const filled = text.replace(reference, (whole, inner: string | undefined, close: string | undefined) => {
    if (whole === "$$") return "$";
    if (close === "") {
      errors.push(`${whole} is not closed; write \${NAME}, or $\${ for the text itself`);
      return whole;
    }
    const match = form.exec(inner ?? "");
    if (match === null) {
      errors.push(`${whole} is not a reference to the environment; write \${NAME} or \${NAME:-default}`);
      return whole;
    }
    const [, name = "", fallback] = match;
    if (fallback?.includes("${")) {
      errors.push(`${whole}} nests references to the environment; give the default itself`);
      return whole;
    }
    const value = environment[name];
    if (value !== undefined && (value !== "" || fallback === undefined)) return value;
    if (fallback !== undefined) return fallback;
    errors.push(`the environment has no ${name}; set it, or give a default: \${${name}:-default}`);
    return whole;
  });
  return { text: filled, errors };
}
