import type { ProcessFacts } from "./server/admin/context.ts";

/** What this process says of itself just now. */
export function processFacts(): ProcessFacts {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    startedAt: performance.timeOrigin,
    memory: { rss, heap: heapUsed },
    cpu: { user: user / 1e6, system: system / 1e6 },
    platform: `${process.platform} ${process.arch}`,
    bun: Bun.version,
  };
}
