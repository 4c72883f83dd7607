import type { Traffic } from "../../core/traffic.ts";
import type { HttpExchange } from "../../net/http/server.ts";
import type { JsonValue } from "../../protocol/json/value.ts";
import { writeJson } from "../../protocol/json/write.ts";
import { printable } from "../../protocol/text/printable.ts";

/** A reply before it is sent. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const jsonHeaders = { "content-type": "application/json" };

export function jsonText(body: string): Reply {
  return { status: 200, body, headers: jsonHeaders };
}

/** An error reply: an object with `error`, what is wrong, and optionally `detail`, what would be right. */
export function errorReply(
  status: number,
  error: string,
  more: Readonly<Record<string, JsonValue>> = {},
  headers: Readonly<Record<string, string>> = {},
): Reply {
  return { status, body: writeJson({ error, ...more }), headers: { ...jsonHeaders, ...headers } };
}

/** Makes the response and emits its `message` event: `Sent: 200 {"result":14}`. */
export function send(exchange: HttpExchange, traffic: Traffic, reply: Reply): Response {
  // The router drops the body of a reply to HEAD before Bun can measure it.
  const response = exchange.request.method === "HEAD" ? headOnly(reply) : whole(reply);
  if (traffic.sample("message")) exchange.emitReply(describeReply(reply), response, reply.body);
  return response;
}

function describeReply({ status, body, headers }: Reply): string {
  if (body === "") return `Sent: ${status}`;
  const isJson = headers["content-type"] === jsonHeaders["content-type"];
  const text = isJson ? printable(body) : `${headers["content-type"] ?? ""} ${body.length} characters`.trim();
  return `Sent: ${status} ${text}`;
}

function whole({ status, body, headers }: Reply): Response {
  // Without the default status 200, because Bun reads a smaller init faster.
  return new Response(body, status === 200 ? { headers } : { status, headers });
}

function headOnly({ status, body, headers }: Reply): Response {
  const length = String(Buffer.byteLength(body));
  return new Response(null, { status, headers: { ...headers, "content-length": length } });
}
