import { createRoute } from "@hono/zod-openapi";
import type { AddRoutes } from "../context.ts";
import { about, health, json, readiness } from "../schemas.ts";

const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  summary: "Whether the process answers at all",
  security: [],
  responses: { 200: json(health, "It does") },
});

const readinessRoute = createRoute({
  method: "get",
  path: "/readyz",
  summary: "Whether every service runs and can do its work",
  security: [],
  responses: { 200: json(readiness, "All can"), 503: json(readiness, "Some cannot") },
});

const aboutRoute = createRoute({
  method: "get",
  path: "/api/about",
  summary: "The process: version, uptime, memory",
  responses: { 200: json(about, "What it is") },
});

export const addHealth: AddRoutes = (app, { supervisor, facts, version }) => {
  app.openapi(healthRoute, (c) => c.json({ status: "ok" as const }, 200));

  app.openapi(readinessRoute, (c) => {
    const status = supervisor.status();
    const services = Object.fromEntries(status.map(({ name, state }) => [name, state]));
    const reasons = Object.fromEntries(
      status.flatMap(({ name }) => {
        const reason = supervisor.unready(name);
        return reason === undefined ? [] : [[name, reason]];
      }),
    );
    const allRun = status.every(({ state }) => state === "running");
    const ready = !supervisor.isStopping && allRun && Object.keys(reasons).length === 0;
    return c.json({ ready, services, reasons }, ready ? 200 : 503);
  });

  app.openapi(aboutRoute, async (c) => {
    const { pid, memory, platform, bun, ...since } = facts();
    const startedAt = Math.round(since.startedAt);
    const uptime = (Date.now() - startedAt) / 1000;
    const eventLoopLag = Math.round((await measureEventLoopLag()) * 1000) / 1000;
    const { file } = supervisor.plan;
    const config = file.split(/[\\/]/).at(-1) ?? file;
    return c.json(
      { name: "distsrv", version, bun, platform, pid, startedAt, uptime, config, memory, eventLoopLag },
      200,
    );
  });
};

/** Milliseconds until the event loop gets to a callback that is queued now. */
async function measureEventLoopLag(): Promise<number> {
  const begin = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  return performance.now() - begin;
}
