import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { dashboardPolicy } from "../../../dashboard/assets.ts";
import type { AddRoutes } from "../app.ts";

/** The dashboard's files. They hold no data, and are served without the token, which the page asks for. */
export const addPage: AddRoutes = (app, { dashboard }) => {
  const serve = async (c: Context): Promise<Response> => {
    const asset = (await dashboard?.())?.get(c.req.path);
    if (asset === undefined) return c.req.path === "/" ? c.text(listing(app), 200, plain) : c.notFound();
    const headers = { "content-type": asset.type, "content-security-policy": dashboardPolicy };
    // Typed arrays of any buffer are sent alike; the type of a body does not know it.
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

/** Where there is no dashboard, the API introduces itself. */
function listing(app: OpenAPIHono): string {
  const routes = app.routes.filter(({ method, path }) => method !== "ALL" && path !== "/assets/*");
  const lines = [...new Set(routes.map(({ method, path }) => `${method.padEnd(4)} ${path}`))];
  return `distsrv admin API\n\n${lines.join("\n")}\n`;
}
