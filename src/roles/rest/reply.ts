import type { HttpReply } from "../../net/http/server.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";

/** A reply whose text is complete. */
export interface Reply extends HttpReply {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const jsonHeaders = { "Content-Type": "application/json" };

export function jsonText(body: string): Reply {
  return { status: 200, body, headers: jsonHeaders };
}

/** An error reply: an object with `error`, what is wrong, and optionally `detail`, what would be right. */
export function errorReply(
  status: number,
  error: string,
  more: Readonly<Record<string, JsonValue>> = {},
  headers?: Readonly<Record<string, string>>,
): Reply {
  const all = headers === undefined ? jsonHeaders : { ...jsonHeaders, ...headers };
  return { status, body: writeJson({ error, ...more }), headers: all };
}
