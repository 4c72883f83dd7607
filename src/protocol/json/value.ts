/**
 * A JSON value that distinguishes integers from decimals: a number without point and exponent is a `bigint`, exact at
 * any size, and every other number is a `number`, so `5` and `5.0` differ.
 */
export type JsonValue = null | boolean | string | bigint | number | readonly JsonValue[] | JsonObject;

/** Without a prototype, so that `__proto__` and `constructor` are ordinary names. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
