import type { Role } from "../core/role.ts";

type Start = Role["start"];

/**
 * The `start` of each role that has `threads`. A worker thread loads only the one that it runs: loading all roles,
 * their schemas and libraries took 14 MB and 45 ms more per thread.
 */
export const threadedRoles: Readonly<Record<string, () => Promise<Start>>> = {
  time: async () => (await import("./time/service.ts")).startTime as Start,
};
