import { HttpError } from "../../protocol/http/http-error.ts";
import type { HttpReply } from "./api.ts";
import type { HttpRequest } from "./request.ts";

export type Fetch = (request: Request) => Response | Promise<Response>;

/** Answers a request by an app of the Fetch standard, such as hono's. */
export async function replyByFetch(request: HttpRequest, fetch: Fetch): Promise<HttpReply> {
  return await replyFrom(await fetch(fetchRequest(request)));
}

/** @throws {HttpError} */
function fetchRequest(request: HttpRequest): Request {
  const { method, target, body, signal } = request;
  const host = request.host || request.local;
  const url = `${request.scheme}://${host}${target === "*" ? "/" : target}`;
  if (!URL.canParse(url)) throw new HttpError(400, "The target and Host make no address");
  const headers = new Headers();
  for (const [name, value] of request.headers) headers.append(name, value);
  headers.set("host", host);
  const hasBody = method !== "GET" && body.length > 0;
  return new Request(url, { method, headers, signal, ...(hasBody && { body: new Uint8Array(body) }) });
}

async function replyFrom(response: Response): Promise<HttpReply> {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of response.headers) {
    if (!ownFields.has(name)) headers[writtenName(name)] = value;
  }
  // The only field whose values make no list. (RFC 9110, section 5.3)
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["Set-Cookie"] = cookies;
  const { status, body } = response;
  if (body === null) return { status, headers, body: "" };
  const isEndless = endless.test(response.headers.get("content-type") ?? "");
  return { status, headers, body: isEndless ? body : new Uint8Array(await response.arrayBuffer()) };
}

/** Bodies that may be larger than memory, or never end: they are sent as they come. */
const endless = /^(text\/event-stream|application\/(octet-stream|jsonl))\b/;

/** What the server writes itself. */
const ownFields: ReadonlySet<string> = new Set(["content-length", "transfer-encoding", "connection", "date"]);

/** `content-type` as `Content-Type`: the standard gives names in lower case, and everybody knows them so. */
const writtenName = (name: string): string =>
  name.replace(/(^|-)([a-z])/g, (_, hyphen: string, letter: string) => hyphen + letter.toUpperCase());
