import type { Context } from "hono";
import type { Asker } from "../../core/audit.ts";
import type { Caller } from "./admin-users.ts";

declare module "hono" {
  interface ContextVariableMap {
    /** Set by the guard, before any route that holds data. */
    caller: Caller;
  }
}

/** Who makes the request, for the audit. */
export const askerOf = (c: Context): Asker => ({ by: c.get("caller").name, from: remoteOf(c) });

/** `host:port` of the client; "" where the app runs without a port, as in tests. */
export function remoteOf({ env }: Context): string {
  return typeof env?.remote === "string" ? env.remote : "";
}

/** The client's address, without its port. */
export function hostOf(c: Context): string {
  const remote = remoteOf(c);
  return remote.slice(0, Math.max(0, remote.lastIndexOf(":"))).replace(/^\[|\]$/g, "");
}
