import type { AdminRole } from "../config/admin-users.ts";

/**
 * What changes services, their clients and their messages, and nothing of who may come in or what runs at all. All other
 * changes are for admins, so that a route that is added and forgotten here is not open to more than it should be.
 */
const operated = [
  /^\/api\/services\/[^/]+\/(start|stop|restart)$/,
  /^\/api\/services\/[^/]+\/actions\/[^/]+$/,
  /^\/api\/try\/[^/]+(\/raw)?$/,
];

/** What is read here may be everybody's messages. */
const guarded = /^\/api\/(services\/[^/]+\/backup|record)$/;

const reading: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** The role that a request takes. */
export function neededRole(method: string, path: string): AdminRole {
  if (guarded.test(path)) return "admin";
  if (reading.has(method)) return "view";
  return operated.some((pattern) => pattern.test(path)) ? "operate" : "admin";
}
