/**
 * A JSON value that keeps what JavaScript's own loses: a number without point and exponent is a `bigint`,
 * exact at any size, and every other number is a `number`, so that `5` and `5.0` stay apart.
 */
export type JsonValue = null | boolean | string | bigint | number | readonly JsonValue[] | JsonObject;

/** Made without a prototype: `__proto__` and `constructor` are names like any other. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
