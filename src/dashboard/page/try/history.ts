import type { TryForm } from "../api/types.ts";
import type { Expectation } from "./expectation.ts";
import type { TryRequest } from "./request.ts";

/** A request that was sent earlier, as this browser remembers it. */
export interface PastRequest {
  readonly id: number;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly request: TryRequest;
  readonly expected: Expectation;
  readonly ok: boolean;
  readonly ms: number;
}

const key = "distsrv-try-history";

/** How many are kept, and characters of one and of all. */
const maxRequests = 60;
const maxSize = 16 * 1024;
const maxTotal = 200 * 1024;

type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** The requests of this browser, the newest first. What cannot be read counts as nothing. */
export function readHistory(storage: Storage): readonly PastRequest[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? "[]");
    return Array.isArray(value) ? value.filter(isPast).slice(0, maxRequests) : [];
  } catch {
    return [];
  }
}

/** Remembers one more, and forgets the oldest. @returns all that are kept */
export function remember(storage: Storage, past: PastRequest): readonly PastRequest[] {
  const kept: PastRequest[] = [];
  let total = 0;
  for (const each of [past, ...readHistory(storage)]) {
    const { length } = JSON.stringify(each);
    if (length > maxSize || total + length > maxTotal || kept.length === maxRequests) continue;
    total += length;
    kept.push(each);
  }
  save(storage, kept);
  return kept;
}

export function forget(storage: Storage, service: string): readonly PastRequest[] {
  const kept = readHistory(storage).filter((past) => past.service !== service);
  save(storage, kept);
  return kept;
}

function save(storage: Storage, all: readonly PastRequest[]): void {
  try {
    storage.setItem(key, JSON.stringify(all));
  } catch {
    // The browser has no room, or keeps nothing: then this is not remembered.
  }
}

function isPast(value: unknown): value is PastRequest {
  if (typeof value !== "object" || value === null) return false;
  const past = value as Partial<Record<keyof PastRequest, unknown>>;
  const has = (name: keyof PastRequest, type: string) => typeof past[name] === type && past[name] !== null;
  const isWhole = has("id", "number") && has("service", "string") && has("time", "number");
  return isWhole && has("request", "object") && has("expected", "object") && has("ms", "number");
}

/** Without what is typed into password fields: it is not to stay on a machine that others use. */
export function withoutSecrets({ fields }: TryForm, request: TryRequest): TryRequest {
  if (request.kind !== "form") return request;
  const secret = new Set(fields.filter(({ type }) => type === "password").map(({ name }) => name));
  const values = Object.entries(request.values).filter(([name]) => !secret.has(name));
  return { kind: "form", values: Object.fromEntries(values) };
}
