/** A text with fields, compiled once and rendered often. */
export interface Template {
  readonly source: string;
  /** @throws {Error} when a field that the text uses has no value */
  render(values: TemplateValues): string;
}

export type TemplateValues = Readonly<Record<string, string | number>>;

type Part = (values: TemplateValues) => string;

// `{{word}}` for a literal `{word}`, or `{word}`, or `{word arguments}`. Any other brace is literal, so JSON
// needs no escaping.
const fieldPattern = /\{\{([a-z][^{}]*)\}\}|\{([a-z][a-z0-9_]*)(?:\s+([^{}]*))?\}/gi;

/**
 * Compiles a text such as `Suhu: {random 20..35}°C`. `{random A..B}` is a number from A to B, both included,
 * with as many decimals as the bounds are written with; every other field is one of `knownFields`.
 * @param random gives numbers from 0 up to, not including, 1
 * @throws {Error} for an unknown field, naming the known ones
 */
export function compileTemplate(
  source: string,
  knownFields: readonly string[],
  random: () => number = Math.random,
): Template {
  const parts: Part[] = [];
  let from = 0;
  for (const match of source.matchAll(fieldPattern)) {
    const [text, literal, name, argument] = match;
    const before = source.slice(from, match.index);
    if (before !== "") parts.push(() => before);
    from = match.index + text.length;
    parts.push(
      literal === undefined ? field(text, name ?? "", argument, knownFields, random) : () => `{${literal}}`,
    );
  }
  const rest = source.slice(from);
  if (rest !== "") parts.push(() => rest);
  return { source, render: (values) => parts.map((part) => part(values)).join("") };
}

function field(
  text: string,
  name: string,
  argument: string | undefined,
  knownFields: readonly string[],
  random: () => number,
): Part {
  if (name === "random") return randomField(text, argument ?? "", random);
  if (!knownFields.includes(name)) {
    const known = [...knownFields.map((each) => `{${each}}`), "{random A..B}"].join(", ");
    throw new Error(`Cannot use the field ${text}: known are ${known}; write {${text}} for the text itself`);
  }
  if (argument !== undefined)
    throw new Error(`Cannot use the field ${text}: write {${name}}, it takes nothing more`);
  return (values) => {
    const value = values[name];
    if (value === undefined) throw new Error(`Cannot render {${name}}: it has no value here`);
    return String(value);
  };
}

const rangePattern = /^(-?\d+(?:\.(\d+))?)\s*\.\.\s*(-?\d+(?:\.(\d+))?)\s*$/;

function randomField(text: string, range: string, random: () => number): Part {
  const match = rangePattern.exec(range);
  if (match === null) {
    throw new Error(`Cannot use the field ${text}: write the range as two numbers, as in {random 20..35}`);
  }
  const [, low = "", lowDecimals = "", high = "", highDecimals = ""] = match;
  const decimals = Math.max(lowDecimals.length, highDecimals.length);
  const scale = 10 ** decimals;
  const first = Math.round(Number(low) * scale);
  const last = Math.round(Number(high) * scale);
  if (first > last)
    throw new Error(`Cannot use the field ${text}: its range runs backwards, ${high} is less than ${low}`);
  return () => ((first + Math.floor(random() * (last - first + 1))) / scale).toFixed(decimals);
}
