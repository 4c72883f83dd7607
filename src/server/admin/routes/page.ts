import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { dashboardPolicy } from "../../../dashboard/assets.ts";
import type { AddRoutes } from "../context.ts";

/** The dashboard's files. They hold no data and need no token: the page itself asks the user for it. */
export const addPage: AddRoutes = (app, { dashboard }) => {
  const serve = async (c: Context): Promise<Response> => {
    const asset = (await dashboard?.())?.get(c.req.path);
    if (asset === undefined) return c.req.path === "/" ? c.text(listing(app), 200, plain) : c.notFound();
    const headers = { "content-type": asset.type, "content-security-policy": dashboardPolicy };
    // The type of a body allows no view of a SharedArrayBuffer, so bytes are copied.
    const { body } = asset;
    return c.body(typeof body === "string" ? body : new Uint8Array(body), 200, {
      ...headers,
      "cache-control": "no-cache",
    });
  };
  app.get("/", serve);
  app.get("/assets/*", serve);
};

const plain = { "content-type": "text/plain; charset=utf-8" };

/** The list of routes, shown where there is no dashboard. */
function listing(app: OpenAPIHono): string {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && path !== "/assets/*");
  const lines = [...new Set(routes.map(({ method, path }) => `${method.padEnd(4)} ${path}`))];
  return `distsrv admin API\n\n${lines.join("\n")}\n`;
}
