import { readJsonBytes } from "../../protocol/json/read.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { hasFiniteNumbers } from "../http/client.ts";

/** Looks values up in a JSON text by paths such as `items.0.name`. One that is not there, or no JSON, gives undefined. */
export function fieldsOf(body: Uint8Array): (path: string) => string | undefined {
  const value = parsed(body);
  return (path) => {
    const found = path.split(".").reduce(step, value);
    if (found === undefined) return undefined;
    return typeof found === "string" ? found : writeJson(found);
  };
}

function step(from: JsonValue | undefined, key: string): JsonValue | undefined {
  if (isJsonObject(from)) return Object.hasOwn(from, key) ? from[key] : undefined;
  const list: readonly JsonValue[] = Array.isArray(from) ? from : [];
  return /^\d+$/.test(key) ? list[Number(key)] : undefined;
}

function parsed(body: Uint8Array): JsonValue | undefined {
  try {
    const value = readJsonBytes(body);
    return hasFiniteNumbers(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
