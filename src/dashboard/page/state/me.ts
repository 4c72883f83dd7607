import { getJson } from "../api/client.ts";
import type { Me, Role } from "../api/types.ts";
import { store } from "./store.ts";
import { useStore } from "./use-store.ts";

/** Who the server takes the user for; undefined: it has not said so yet. */
export const me = store<Me | undefined>(undefined);

/** The server may read other users from its file at any time. */
const maxAgeMs = 15_000;
let askedAt = Number.NEGATIVE_INFINITY;

/** Asks when the answer is old. */
export async function refreshMe(signal: AbortSignal): Promise<void> {
  const now = performance.now();
  if (me.get() !== undefined && now - askedAt < maxAgeMs) return;
  askedAt = now;
  const next = await getJson<Me>("/api/me", signal);
  const before = me.get();
  // A store tells its listeners of every other object, and this one hardly ever says anything else.
  if (before?.name !== next.name || before.role !== next.role) me.set(next);
}

/** What was known belongs to another token. */
export function forgetMe(): void {
  me.set(undefined);
}

const roles: readonly Role[] = ["view", "operate", "admin"];

/** Whether the user's role is this one or more. Until that is known it may: the server decides in any case. */
export function useMay(needed: Role): boolean {
  const known = useStore(me);
  return known === undefined || roles.indexOf(known.role) >= roles.indexOf(needed);
}
