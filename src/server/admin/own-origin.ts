import { isLoopback } from "../config/loopback.ts";
import type { AdminConfig } from "../config/schema.ts";

/**
 * Whether a Host header names this server. A page from elsewhere can make a name of its own resolve to our address
 * (DNS rebinding), and then counts as our own to the browser; it cannot make the browser send another name. An IP
 * address is no name that anybody else could own.
 */
export function isOwnHost(header: string | null, config: Pick<AdminConfig, "host" | "hosts">): boolean {
  const name = hostOf(header);
  if (name === undefined) return false;
  if (isLoopback(name) || name === config.host.toLowerCase()) return true;
  if (config.hosts.some((host) => host.toLowerCase() === name)) return true;
  return !isLoopback(config.host) && isIpAddress(name);
}

/** `http://localhost:8088` for a Host of `localhost:8088`, or the same over https behind a proxy. */
export function isOwnOrigin(origin: string, host: string | null): boolean {
  const [, rest] = /^https?:\/\/(.+)$/i.exec(origin) ?? [];
  return rest !== undefined && host !== null && rest.toLowerCase() === host.toLowerCase();
}

/** The name or address in `lab:8088`, `127.0.0.1`, `[::1]:8088`; undefined where there is none. */
function hostOf(header: string | null): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d+)?$/i.exec(header ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

function isIpAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}
