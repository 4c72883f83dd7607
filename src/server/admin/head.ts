import type { MiddlewareHandler } from "hono";

/**
 * A HEAD is answered as a GET whose body nobody sends: how long it would be is told, as GET tells it. A stream has no
 * length and would never end, so it is let go at once.
 */
export const head: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.raw.method !== "HEAD" || c.res.body === null) return;
  if (c.res.headers.get("content-type")?.startsWith("text/event-stream")) return await c.res.body.cancel();
  const { byteLength } = await c.res.clone().arrayBuffer();
  c.res.headers.set("content-length", String(byteLength));
};
