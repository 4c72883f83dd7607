import { formatQuantity } from "../calculator/quantity.ts";
import type { JsonObject, JsonValue } from "./value.ts";

/**
 * JSON text, without spaces: a `bigint` as its digits, a `number` always with its point or exponent, so that
 * `readJson` gives back the same value.
 * @throws a RangeError for a number that JSON cannot hold
 */
export function writeJson(value: JsonValue): string {
  switch (typeof value) {
    case "bigint":
      return value.toString();
    case "number":
      return writeNumber(value);
    case "object":
      if (value === null) return "null";
      return isArray(value) ? `[${value.map(writeJson).join(",")}]` : writeObject(value);
    default:
      return JSON.stringify(value);
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`JSON has no way to write ${value}`);
  return formatQuantity(value);
}

function writeObject(object: JsonObject): string {
  const members = Object.entries(object).map(([name, value]) =>
    value === undefined ? undefined : `${JSON.stringify(name)}:${writeJson(value)}`,
  );
  return `{${members.filter((member) => member !== undefined).join(",")}}`;
}

// Array.isArray does not narrow a readonly array.
const isArray = (value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] =>
  Array.isArray(value);
