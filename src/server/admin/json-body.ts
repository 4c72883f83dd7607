import type { Context } from "hono";
import { RequestError } from "./request-error.ts";

/**
 * The request's body; undefined when it is empty.
 * @throws {RequestError} when it is not JSON, or its Content-Type is not: any foreign page can send a plain form
 */
export async function jsonBody(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === "") return undefined;
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new RequestError(
      415,
      `Cannot read the body: it must be application/json, and is ${type || "of no type"}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError(400, "Cannot read the body as JSON", { cause });
  }
}
