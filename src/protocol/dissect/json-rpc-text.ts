import { printable } from "../text/printable.ts";
import type { BodyText } from "./body-text.ts";

const maxShown = 80;
const maxListed = 5;

/** JSON-RPC 2.0: a request, a reply, or a batch of them; undefined: other JSON, or none. */
export function describeRpc(body: Buffer): BodyText | undefined {
  try {
    return describe(JSON.parse(body.toString("utf8")));
  } catch {
    // No JSON, or nested too deeply to be written again.
    return undefined;
  }
}

function describe(value: unknown): BodyText | undefined {
  const calls = Array.isArray(value) ? value : [value];
  if (calls.length === 0 || !calls.every(isRpc)) return undefined;
  const texts = calls.slice(0, maxListed).map(one);
  const more = calls.length > maxListed ? `; and ${calls.length - maxListed} more` : "";
  const isBatch = Array.isArray(value);
  return {
    protocol: "JSON-RPC",
    text: `JSON-RPC ${isBatch ? `batch of ${calls.length}: ` : ""}${texts.join("; ")}${more}`,
    fields: isBatch ? { calls: calls.length } : fieldsOf(calls[0]!),
    isError: calls.some((call) => call.error !== undefined),
  };
}

interface Rpc {
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
  readonly id?: unknown;
}

const isRpc = (value: unknown): value is Rpc =>
  typeof value === "object" && value !== null && "jsonrpc" in value;

const shown = (value: unknown): string => printable(JSON.stringify(value) ?? "", maxShown);

function one(call: Rpc): string {
  const id = call.id === undefined ? "notification" : `id ${shown(call.id)}`;
  if (call.method !== undefined) {
    const params = call.params === undefined ? "" : ` ${shown(call.params)}`;
    return `${printable(String(call.method), maxShown)}${params}, ${id}`;
  }
  return call.error === undefined
    ? `result ${shown(call.result)}, ${id}`
    : `error ${shown(call.error)}, ${id}`;
}

function fieldsOf(call: Rpc): Record<string, string> {
  const names = ["method", "params", "result", "error", "id"] as const;
  const present = names.filter((name) => call[name] !== undefined);
  return Object.fromEntries(
    present.map((name) => {
      const value = call[name];
      return [name, typeof value === "string" ? printable(value) : shown(value)];
    }),
  );
}
