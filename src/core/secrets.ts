import { z } from "zod";

/** What stands in a secret's place wherever a configuration is shown. */
export const mask = "***";

/**
 * A copy of a checked configuration with every value masked whose schema says `.meta({ secret: true })`, at any
 * depth.
 */
export function maskSecrets(schema: z.core.$ZodType, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (isSecret(schema)) return mask;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
      return mapEntries(value, (key, inner) => {
        const below = def.shape[key] ?? def.catchall;
        return below === undefined ? inner : maskSecrets(below, inner);
      });
    case "record":
      return mapEntries(value, (_, inner) => maskSecrets(def.valueType, inner));
    case "array":
      return Array.isArray(value) ? value.map((inner) => maskSecrets(def.element, inner)) : value;
    case "tuple":
      return Array.isArray(value) ? value.map((inner, i) => maskTuple(def, i, inner)) : value;
    case "union":
      // Which option the value matched is not known here, so a secret of any option is masked.
      return def.options.reduce<unknown>((masked, option) => maskSecrets(option, masked), value);
    case "intersection":
      return maskSecrets(def.right, maskSecrets(def.left, value));
    case "pipe":
      // The schemas before and after a transform: each leaves alone what it does not describe.
      return maskSecrets(def.out, maskSecrets(def.in, value));
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
    case "nonoptional":
      return maskSecrets(def.innerType, value);
    case "lazy":
      return maskSecrets(def.getter(), value);
    default:
      return value;
  }
}

function isSecret(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema)?.secret === true;
}

function mapEntries(value: unknown, map: (key: string, inner: unknown) => unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, map(key, inner)]));
}

function maskTuple({ items, rest }: z.core.$ZodTupleDef, at: number, value: unknown): unknown {
  const schema = items[at] ?? rest;
  return schema === null || schema === undefined ? value : maskSecrets(schema, value);
}

/** A copy of plain data with the values at these paths masked, wherever there are such. */
export function maskPaths(value: unknown, paths: readonly (readonly (string | number)[])[]): unknown {
  if (paths.length === 0) return value;
  if (paths.some(({ length }) => length === 0)) return mask;
  const byKey = Map.groupBy(paths, ([first]) => String(first));
  const below = (key: string) => byKey.get(key)?.map((path) => path.slice(1)) ?? [];
  if (Array.isArray(value)) return value.map((inner, index) => maskPaths(inner, below(String(index))));
  // What was a list or a map in the file, and has become something else, may be made of what is hidden.
  if (typeof value !== "object" || value === null) return value === undefined ? value : mask;
  return mapEntries(value, (key, inner) => maskPaths(inner, below(key)));
}
