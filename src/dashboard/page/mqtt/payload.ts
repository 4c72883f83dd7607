import { bytesOfBase64 } from "../text/hex.ts";

/** A payload, decoded as far as it can be. */
export interface Decoded {
  readonly bytes: Uint8Array;
  /** Undefined: it is no UTF-8 text, or holds control characters. */
  readonly text: string | undefined;
  /** Undefined: it is not a JSON object or array, or only a part of it is here. */
  readonly json: object | undefined;
}

/** @param size bytes of the whole payload, of which these may be the beginning */
export function decodePayload(base64: string, size: number): Decoded {
  const bytes = bytesOfBase64(base64);
  const text = textOf(bytes, size);
  return { bytes, text, json: text === undefined || bytes.length < size ? undefined : jsonOf(text) };
}

// Controls but tab and line ends.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

function textOf(bytes: Uint8Array, size: number): string | undefined {
  try {
    // Of a payload that is cut the last character may be cut, too.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: bytes.length < size });
    return controls.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The object or array that the text is; undefined where it is anything else. */
export function jsonOf(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const maxFields = 200;

/** The values of a payload by their paths, `room.temp` or `list[0]`; a plain text has the path "". */
export function fieldsOf({ text, json }: Decoded): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  if (json !== undefined) collect(json, "", fields);
  else if (text !== undefined) fields.set("", text);
  return fields;
}

function collect(value: unknown, path: string, fields: Map<string, unknown>): void {
  if (fields.size >= maxFields) return;
  if (typeof value !== "object" || value === null) {
    fields.set(path, value);
    return;
  }
  const isList = Array.isArray(value);
  for (const [key, child] of Object.entries(value)) {
    const name = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    collect(child, name, fields);
  }
}

/** The number that a value is or says: 28, "28", " 28.5 ", true. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string" || !/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value))
    return undefined;
  return Number(value);
}

/** The paths at which at least one of the payloads has a number, in the order in which they come. */
export function numericFields(payloads: readonly Decoded[]): string[] {
  const paths = new Set<string>();
  for (const payload of payloads) {
    for (const [path, value] of fieldsOf(payload)) if (numberOf(value) !== undefined) paths.add(path);
  }
  return [...paths];
}
